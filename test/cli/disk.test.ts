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
  writeFileSync(join(folder, 'passphrase'), 'open sesame\n', { mode: 0o600 });
  writeFileSync(join(folder, 'next'), 'another one\n', { mode: 0o600 });
  const env = { PATH: process.env.PATH, VIGO_HOME: join(disk, 'home') };
  const run = (verb: string) =>
    spawnSync(process.execPath, [join(DIST, 'vigocli.mjs'), 'secrets', ...verb.split(' ')], {
      cwd: folder,
      env,
      encoding: 'utf8',
    });
  for (const verb of [
    'init --passphrase-file passphrase',
    'unlock --passphrase-file passphrase',
    ...VERBS.slice(0, 1),
  ]) {
    t.equal(run(verb).status, 0, verb);
  }
  return { disk, run };
}

t.test('a full disk is named, and what to do about it', { skip }, async (t) => {
  const { disk, run } = makeSmall(t);
  const { bavail, bsize } = statfsSync(disk);
  writeFileSync(join(disk, 'filler'), Buffer.alloc(bavail * bsize));
  for (const verb of VERBS) {
    const { status, stderr } = run(verb);
    t.match(stderr, /^error: .*disk\/home\/.*: no space left on the file system\nhint: free some space/, verb);
    t.equal(status, 1, verb);
  }
  rmSync(join(disk, 'filler'));
  t.equal(run('generate b').status, 0);
});

t.test('a read-only file system is named, and what to do about it', { skip }, async (t) => {
  const { disk, run } = makeSmall(t);
  t.equal(spawnSync('mount', ['-o', 'remount,ro', disk]).status, 0);
  for (const verb of [...VERBS, 'lock']) {
    const { status, stderr } = run(verb);
    t.match(stderr, /^error: .*disk\/home\/.*: the file system is read-only\nhint: mount it for writing/, verb);
    t.equal(status, 1, verb);
  }
});
