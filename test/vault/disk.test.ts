import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { parseKeyName, utf8 } from '../../lib/base/index.js';
import type { Vault } from '../../lib/vault/index.js';
import { describeVault, initCheaply, inMemory, type Kit, makeKit, openGate, PASSPHRASE, sqliteLock } from './kit.js';

const A = parseKeyName('a');
const B = parseKeyName('b');
const SIZE_KIB = 512;

/** A vault on a file system of its own, half a MiB small; its lock lies elsewhere, as the database would. */
async function makeSmall(t: Test): Promise<Kit & { readonly disk: string }> {
  const folder = inMemory(t);
  const disk = join(folder, 'disk');
  mkdirSync(disk);
  const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE_KIB}k`, 'tmpfs', disk]);
  if (status !== 0) throw new Error(String(stderr));
  t.teardown(() => spawnSync('umount', [disk]));
  const kit = makeKit(t, sqliteLock(join(folder, 'vault.lock')), join(disk, 'home'));
  await initCheaply(kit);
  await kit.vault.set(A, utf8('one'), { kind: 'raw' });
  await kit.vault.set(A, utf8('two'), { kind: 'raw' });
  return { ...kit, disk };
}

const canMount = process.geteuid?.() === 0 && spawnSync('unshare', ['-m', 'true']).status === 0;
const needsRoot = { skip: !canMount && 'mounting a small file system needs root' };

const writing: Record<string, (vault: Vault) => Promise<unknown>> = {
  set: (vault) => vault.set(A, new Uint8Array(20_000), { kind: 'raw' }),
  'set a new one': (vault) => vault.set(B, new Uint8Array(20_000), { kind: 'raw' }),
  rollback: (vault) => vault.rollback(A),
  generate: (vault) => vault.generate(A, {}),
  move: (vault) => vault.move(A, B),
  rekey: (vault) => vault.rekey(),
  rotate: (vault) => vault.rotate(PASSPHRASE, utf8('another')),
  reset: (vault) => vault.reset(utf8('another')),
};

async function refuses(t: Test, kit: Kit, verbs: Record<string, (vault: Vault) => Promise<unknown>>, code: string) {
  const before = await describeVault(kit.vault, ['a', 'b']);
  for (const [verb, run] of Object.entries(verbs)) {
    await t.rejects(run(kit.vault), { room: 'files', code, hint: String }, verb);
    t.same(await describeVault(kit.vault, ['a', 'b']), before, `${verb}: what was there is there`);
  }
  return before;
}

t.test('a full disk: a clear error, old values intact, and it goes on when there is space', needsRoot, async (t) => {
  const kit = await makeSmall(t);
  const { bavail, bsize } = statfsSync(kit.disk);
  const filler = join(kit.disk, 'filler');
  writeFileSync(filler, Buffer.alloc(bavail * bsize));
  const before = await refuses(t, kit, writing, 'no_space');
  await kit.vault.list();

  rmSync(filler);
  const { resumed } = await kit.vault.rekey();
  t.notOk(resumed, 'the first one could not even begin');
  await openGate(kit.vault.layout, kit.clock);
  t.same(await describeVault(kit.vault, ['a', 'b']), before);
  t.equal(await kit.vault.move(A, B), 2);
});

t.test('a disk that fills up during a rekey: it goes on later', needsRoot, async (t) => {
  const kit = await makeSmall(t);
  for (let i = 0; i < 8; i++) await kit.vault.set(parseKeyName(`big/${i}`), new Uint8Array(20_000), { kind: 'raw' });
  const names = ['a', ...Array.from({ length: 8 }, (_, i) => `big/${i}`)];
  const before = await describeVault(kit.vault, names);
  const { bavail, bsize } = statfsSync(kit.disk);
  const filler = join(kit.disk, 'filler');
  writeFileSync(filler, Buffer.alloc((bavail - 8) * bsize));
  await t.rejects(kit.vault.rekey(), { room: 'files', code: 'no_space' });
  t.same(await describeVault(kit.vault, names), before, 'everything is readable');
  rmSync(filler);
  t.match(await kit.vault.rekey(), { resumed: true, unreadable: [] });
  await openGate(kit.vault.layout, kit.clock);
  t.same(await describeVault(kit.vault, names), before);
});

t.test('a read-only file system: a clear error, and what is there can be read', needsRoot, async (t) => {
  const kit = await makeSmall(t);
  t.equal(spawnSync('mount', ['-o', 'remount,ro', kit.disk]).status, 0);
  const verbs = { ...writing, delete: (vault: Vault) => vault.delete(A), purge: (vault: Vault) => vault.purge(A) };
  await refuses(t, kit, verbs, 'read_only');
});
