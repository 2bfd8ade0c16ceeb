import { cpSync, lstatSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { utf8 } from '../../lib/base/index.js';
import { vaultLayout } from '../../lib/vault/format/layout.js';
import { createMasterKeyFile, loadMasterKeys, type MasterKeys } from '../../lib/vault/format/master-key.js';
import { Gate } from '../../lib/vault/gate/gate.js';
import { VaultError } from '../../lib/vault/index.js';
import { HOUR_MS } from './kit.js';

const VERIFIER = utf8('the bytes of a verifier');

async function makeGate(t: Test) {
  const home = t.testdir({ secrets: {} });
  const layout = vaultLayout({ secretsDir: join(home, 'secrets') });
  await createMasterKeyFile(layout.keyFile);
  const keys = (await loadMasterKeys(layout.keyFile)) as MasterKeys;
  const clock = { now: 1_800_000_000_000, nowMs: () => clock.now };
  return { home, layout, keys, clock, gate: new Gate(layout, clock) };
}

t.test('good for 24 hours from its last use, and not when the clock was set back', async (t) => {
  const { gate, keys, clock, layout } = await makeGate(t);
  const opened = clock.now;
  await t.rejects(gate.demandOpen(keys, VERIFIER), { code: 'locked' });
  await gate.open(keys, VERIFIER);
  t.equal(lstatSync(layout.sentinelFile).mode & 0o7777, 0o600);
  await gate.demandOpen(keys, VERIFIER);
  clock.now = opened + 24 * HOUR_MS - 1;
  await gate.demandOpen(keys, VERIFIER);
  clock.now = opened + 24 * HOUR_MS;
  await t.rejects(gate.demandOpen(keys, VERIFIER), { code: 'expired' });
  clock.now = opened - 1;
  await t.rejects(gate.demandOpen(keys, VERIFIER), { code: 'clock_backwards' });
  clock.now = opened;
  await gate.close();
  await gate.close();
  await t.rejects(gate.demandOpen(keys, VERIFIER), { code: 'locked' });
});

t.test('every single-bit flip of the sentinel, every cut and every link is refused', async (t) => {
  const { gate, keys, layout, home } = await makeGate(t);
  await gate.open(keys, VERIFIER);
  const sentinel = readFileSync(layout.sentinelFile);
  for (let bit = 0; bit < sentinel.length * 8; bit++) {
    const altered = Buffer.from(sentinel);
    altered[bit >> 3] = (altered[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    writeFileSync(layout.sentinelFile, altered);
    await t.rejects(gate.demandOpen(keys, VERIFIER), VaultError, `bit ${bit}`);
  }
  for (const altered of [Buffer.alloc(0), sentinel.subarray(1), Buffer.concat([sentinel, Buffer.alloc(1)])]) {
    writeFileSync(layout.sentinelFile, altered);
    await t.rejects(gate.demandOpen(keys, VERIFIER), { code: 'locked' });
  }
  writeFileSync(join(home, 'elsewhere'), sentinel);
  rmSync(layout.sentinelFile);
  symlinkSync('elsewhere', layout.sentinelFile);
  await t.rejects(gate.demandOpen(keys, VERIFIER), { code: 'locked' });
  rmSync(layout.sentinelFile);
  writeFileSync(layout.sentinelFile, sentinel);
  await gate.demandOpen(keys, VERIFIER);
});

t.test('bound to the verifier, the folder and the master key', async (t) => {
  const { gate, keys, layout, clock, home } = await makeGate(t);
  await gate.open(keys, VERIFIER);
  await t.rejects(gate.demandOpen(keys, utf8('another verifier')), { code: 'locked' });

  const copy = vaultLayout({ secretsDir: join(home, 'copy', 'secrets') });
  mkdirSync(join(home, 'copy'));
  cpSync(layout.secretsDir, copy.secretsDir, { recursive: true });
  cpSync(layout.sentinelFile, copy.sentinelFile);
  await t.rejects(new Gate(copy, clock).demandOpen(keys, VERIFIER), { code: 'locked' });

  rmSync(layout.keyFile);
  await createMasterKeyFile(layout.keyFile);
  const others = (await loadMasterKeys(layout.keyFile)) as MasterKeys;
  await t.rejects(gate.demandOpen(others, VERIFIER), { code: 'unknown_key' });
});
