import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { restoreHome, writeArchive } from '../../lib/archive/index.js';
import { createFileExclusive } from '../../lib/files/index.js';
import { ABOUT, cheap, file, folder, makeArchive, open, stream } from './kit.js';

const canMount = process.geteuid?.() === 0 && spawnSync('unshare', ['-m', 'true']).status === 0;
const needsRoot = { skip: !canMount && 'mounting a small file system needs root' };
const entries = () => [folder('stacks'), file('stacks/large', new Uint8Array(600_000))];

/** A folder on a file system of half a MiB. */
function smallDisk(t: Test): string {
  const root = mkdtempSync(join(tmpdir(), 'vigo-test-'));
  const disk = join(root, 'disk');
  mkdirSync(disk);
  t.equal(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', disk]).status, 0);
  t.teardown(() => {
    spawnSync('umount', [disk]);
    rmSync(root, { recursive: true });
  });
  return disk;
}

t.test('a disk that fills up while a backup is written: a clear error, and nothing is left', needsRoot, async (t) => {
  const disk = smallDisk(t);
  const pieces = writeArchive(ABOUT, stream(...entries()), cheap());
  await t.rejects(createFileExclusive(join(disk, 'a'), pieces, { mode: 0o600 }), { room: 'files', code: 'no_space' });
  t.same(readdirSync(disk), []);
});

t.test('a disk that fills up while one is restored', needsRoot, async (t) => {
  const disk = smallDisk(t);
  const archive = await open(await makeArchive(entries()));
  const restoring = restoreHome(archive, join(disk, 'home'), async () => {});
  await t.rejects(restoring, { room: 'files', code: 'no_space' });
  t.same(readdirSync(disk), []);
});
