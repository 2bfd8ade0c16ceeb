import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { loadAuditChain } from '../lib/audit/index.js';
import { homePaths, type KeyName, parseKeyName, systemClock, utf8 } from '../lib/base/index.js';
import { openVaultHere } from '../lib/cli/host/vault.js';
import { randomBytes } from '../lib/crypto/index.js';
import { openStore } from '../lib/store/index.js';
import { loadMasterKeys } from '../lib/vault/format/master-key.js';
import { sealFile } from '../lib/vault/format/seal.js';
import type { Vault } from '../lib/vault/index.js';

/** A secret is as long as a password or a connection string. */
const VALUE_BYTES = 48;
const FOLDER_NAMES = 100;
export const PASSPHRASE = utf8('correct horse battery staple');

export interface FilledVault {
  readonly root: string;
  readonly vault: Vault;
  readonly names: readonly KeyName[];
  close(): Promise<void>;
}

/**
 * A vault below `root` with the programs' own lock and audit log, unlocked, and `count` secrets, 100 to a folder. They are
 * the files that `set` writes, put there without flushing each.
 */
export async function fillVault(root: string, count: number): Promise<FilledVault> {
  const home = homePaths(root);
  const store = await openStore({ path: home.database, chain: await loadAuditChain(), clock: systemClock });
  const { vault, close } = openVaultHere({
    home,
    secretsDir: home.secrets,
    keyFile: join(home.secrets, '.master.key'),
    store: async () => store,
    create: true,
    actor: 'bench',
  });
  await vault.init(PASSPHRASE, { serverKeys: ['policy', 'checkpoint'] });
  await vault.unlock(PASSPHRASE);
  const keys = await loadMasterKeys(vault.layout.keyFile);
  if (keys === undefined) throw new Error('there is no master key');
  const names = Array.from({ length: count }, (_, i) => nameOf(i));
  for (const name of names) {
    const header = { version: 1, kind: 'raw', createdMs: systemClock.nowMs(), meta: { by: 'bench' } } as const;
    const path = join(home.secrets, name);
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(path, sealFile(name, header, randomBytes(VALUE_BYTES), keys.current), { mode: 0o600 });
  }
  keys.dispose();
  return {
    root,
    vault,
    names,
    async close() {
      await close();
      await store.close();
      rmSync(root, { recursive: true });
    },
  };
}

function nameOf(i: number): KeyName {
  const folder = Math.floor(i / FOLDER_NAMES);
  return parseKeyName(`shop/team-${folder % 10}/service-${folder}/secret-${i % FOLDER_NAMES}`);
}
