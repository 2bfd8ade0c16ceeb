import { createPrivateKey } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateTlsKey } from '../../lib/agent/identity/tls-key.js';
import { parseEnvoyId } from '../../lib/base/index.js';
import { issueEnvoyCertificate } from '../../lib/pki/index.js';
import { pemOf } from '../pki/test-pki.js';
import type { ThrowAwayFleet } from './fleet.js';

const DAY_MS = 86_400_000;

/** Makes it so that an envoy got its certificate of 30 days so many days ago, on the machine and in the database. */
export function ageCertificate(fleet: ThrowAwayFleet, host: string, days: number): void {
  const read = (name: string) => readFileSync(join(fleet.home, 'tls', name), 'utf8');
  const identity = JSON.parse(readFileSync(join(fleet.configDir(host), 'identity.json'), 'utf8'));
  const key = generateTlsKey();
  const { certificatePem, notAfterMs } = issueEnvoyCertificate({
    ca: { certificatePem: read('ca'), key: createPrivateKey(read('ca_key')) },
    envoyId: parseEnvoyId(identity.envoy_id),
    trustDomain: identity.trust_domain,
    publicKey: key.publicKey,
    ttlMs: 30 * DAY_MS,
    clock: { nowMs: () => Date.now() - days * DAY_MS },
  });
  writeFileSync(join(fleet.configDir(host), 'tls.pem'), certificatePem + pemOf(key.privateKey), { mode: 0o600 });
  fleet.inDatabase((database) =>
    database.prepare('UPDATE envoys SET certificate_expires = ? WHERE id = ?').run(notAfterMs, identity.envoy_id),
  );
}
