import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { DIST } from './shell.js';

const canMount = process.geteuid?.() === 0 && spawnSync('unshare', ['-m', 'true']).status === 0;
const skip = !canMount && 'mounting a small file system needs root';

/** Every verb that writes to the vault; each records what it is about to do, and so needs the disk first of all for that. */
const VERBS = [
  'set raw a --from-file passphrase',
  'generate b',
  'delete a',
  'delete a --purge',
  'mv a b',
  'rollback a',
  'rekey',
  'unlock --passphrase-file passphrase',
  'rotate --passphrase-file passphrase --new-passphrase-file next',
  'reset --yes --passphrase-file next',
];

/** An unlocked vault on a file system of 2 MiB. */
function makeSmall(t: Test) {
  const folder = mkdtempSync(join(tmpdir(), 'vigo-test-'));
  const disk = join(folder, 'disk');
  mkdirSync(disk);
  t.equal(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', disk]).status, 0);
  t.teardown(() => {
    spawnSync('umount', [disk]);
    rmSync(folder, { recursive: true });
  });
  writeFileSync(join(folder, 'passphrase'), 'open sesame!\n', { mode: 0o600 });
  writeFileSync(join(folder, 'next'), 'another one!\n', { mode: 0o600 });
  const env = { PATH: process.env.PATH, VIGO_HOME: join(disk, 'home') };
  const vigocli = (line: string, home = env.VIGO_HOME) =>
    spawnSync(process.execPath, [join(DIST, 'vigocli.mjs'), ...line.split(' ')], {
      cwd: folder,
      env: { ...env, VIGO_HOME: home },
      encoding: 'utf8',
    });
  const run = (verb: string) => vigocli(`secrets ${verb}`);
  for (const verb of [
    'init --passphrase-file passphrase',
    'unlock --passphrase-file passphrase',
    ...VERBS.slice(0, 1),
  ]) {
    t.equal(run(verb).status, 0, verb);
  }
  for (const line of ['backup keygen key', 'backup recipients add key.pub']) t.equal(vigocli(line).status, 0, line);
  return { disk, run, vigocli, folder };
}

/** What the hint and docs/cli.md say of a home that can't be written. */
function saveByCopy(t: Test, { disk, vigocli, folder }: ReturnType<typeof makeSmall>) {
  const refused = vigocli('backup away.vgb --recipient key.pub');
  t.equal(refused.status, 1);
  t.match(refused.stderr, /^error: .*\nhint: to save what is there, .*cp -a .*home/);
  const copy = join(folder, 'copy');
  t.equal(spawnSync('cp', ['-a', join(disk, 'home'), copy]).status, 0);
  t.equal(vigocli('backup away.vgb --recipient key.pub', copy).status, 0);
  t.match(JSON.parse(vigocli('backup verify away.vgb --identity key --json').stdout), { ok: true, secrets: 1 });
}

t.test('a full disk is named, and what to do about it', { skip }, async (t) => {
  const small = makeSmall(t);
  const { disk, run } = small;
  const { bavail, bsize } = statfsSync(disk);
  writeFileSync(join(disk, 'filler'), Buffer.alloc(bavail * bsize));
  for (const verb of VERBS) {
    const { status, stderr } = run(verb);
    t.match(stderr, /^error: .*disk\/home\/.*: no space left on the file system\nhint: free some space/, verb);
    t.equal(status, 1, verb);
  }
  saveByCopy(t, small);
  rmSync(join(disk, 'filler'));
  t.equal(run('generate b').status, 0);
});

t.test('a read-only file system is named, and what to do about it', { skip }, async (t) => {
  const small = makeSmall(t);
  const { disk, run } = small;
  t.equal(spawnSync('mount', ['-o', 'remount,ro', disk]).status, 0);
  saveByCopy(t, small);
  for (const verb of [...VERBS, 'lock']) {
    const { status, stderr } = run(verb);
    t.match(stderr, /^error: .*disk\/home\/.*: the file system is read-only\nhint: mount it for writing/, verb);
    t.equal(status, 1, verb);
  }
});
