import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { loadAuditChain } from '../../lib/audit/index.js';
import { type HomePaths, homePaths, parseKeyName, privateKeyPem, utf8 } from '../../lib/base/index.js';
import { runCheck } from '../../lib/cli/doctor/check.js';
import { checks } from '../../lib/cli/doctor/checks.js';
import type { Finding } from '../../lib/cli/doctor/finding.js';
import { Subject } from '../../lib/cli/doctor/subject.js';
import { SERVER_KEYS } from '../../lib/cli/host/server-keys.js';
import { generateCa, issueServerCertificate } from '../../lib/pki/index.js';
import { readStacksTree, storeTree, treeDigest } from '../../lib/policy/index.js';
import { placesIn } from '../../lib/settings/index.js';
import { openStore, type Store } from '../../lib/store/index.js';
import { openVault, type Vault } from '../../lib/vault/index.js';
import { inMemory, inOrder, PASSPHRASE } from '../vault/kit.js';

export const DAY_MS = 86_400_000;

export interface Home {
  readonly paths: HomePaths;
  readonly vault: Vault;
  readonly store: Store;
  readonly clock: { now: number; nowMs(): number };
  set(name: string, value: string, expiresMs?: number): Promise<void>;
  /** Makes these files the live config, unchecked: as one that was right when it was published. */
  publish(files: Record<string, string>): Promise<string>;
  /** What a check finds, as `status message` with the home left out. */
  ask(check: string): Promise<string[]>;
  findings(check: string): Promise<readonly Finding[]>;
}

/** A server's home as the programs make it: vault, database and certificates. */
export async function makeHome(t: Test): Promise<Home> {
  const paths = homePaths(join(inMemory(t), 'home'));
  const clock = { now: Date.now(), nowMs: () => clock.now };
  const store = await openStore({ path: paths.database, chain: await loadAuditChain(), clock });
  await store.genesis('vigo-test', { action: 'vault.initialized', actor: 'root', subject: 'x', outcome: 'intent' });
  const vault = openVault({
    secretsDir: paths.secrets,
    keysDir: paths.keys,
    lock: inOrder(),
    journal: { record: async (entry) => void (await store.appendAudit({ ...entry, actor: 'root' })) },
    clock,
    actor: 'root',
  });
  await vault.init(PASSPHRASE, { serverKeys: SERVER_KEYS });
  await vault.unlock(PASSPHRASE);
  mkdirSync(paths.run, { mode: 0o700 });
  writeCertificates(paths, clock);
  t.teardown(() => store.close());

  const findings = async (name: string) => {
    const check = checks.find((check) => check.name === name);
    if (check === undefined) throw new Error(`no check ${name}`);
    const subject = new Subject({ home: paths, places: placesIn(paths, () => undefined), layout: vault.layout, clock });
    try {
      return await runCheck(check, subject);
    } finally {
      await subject.close();
    }
  };
  return {
    ...{ paths, vault, store, clock, findings },
    async set(name, value, expiresMs) {
      await vault.set(parseKeyName(name), utf8(value), { kind: 'raw', expiresMs });
    },
    async publish(files) {
      const dir = t.testdir(files);
      const tree = await readStacksTree(dir);
      const digest = await treeDigest(tree);
      await storeTree(paths.published, digest, tree);
      const entry = { action: 'config.published', actor: 'root', subject: digest, outcome: 'done' } as const;
      await store.publish({ digest, source: 'stacks', actor: 'root' }, entry);
      return digest;
    },
    findings,
    ask: async (name) =>
      (await findings(name)).map(({ status, message }) => `${status} ${message.replaceAll(paths.root, '')}`),
  };
}

export function writeCertificates(
  paths: HomePaths,
  clock: { nowMs(): number },
  named: { hostName?: string; names?: string[] } = {},
): void {
  const ca = generateCa({ commonName: 'test', days: 3650, clock });
  const server = issueServerCertificate({ ca, names: [], days: 365, clock, ...named });
  mkdirSync(paths.tls, { mode: 0o700 });
  const files = {
    ca: ca.certificatePem,
    ca_key: privateKeyPem(ca.key),
    cert: server.certificatePem,
    key: privateKeyPem(server.key),
  };
  for (const [name, pem] of Object.entries(files)) writeFileSync(join(paths.tls, name), pem, { mode: 0o600 });
}
