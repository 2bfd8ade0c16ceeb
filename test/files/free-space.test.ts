import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmdirSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { freeSpace } from '../../lib/files/index.js';

const canMount = process.geteuid?.() === 0 && spawnSync('unshare', ['-m', 'true']).status === 0;

t.test('what the system says is left', async (t) => {
  const dir = t.testdir({ file: '' });
  const { bsize, blocks } = statfsSync(dir);
  const { bytes, readOnly } = freeSpace(join(dir, 'file'));
  t.ok(bytes > 0 && bytes <= bsize * blocks);
  t.equal(readOnly, false);
  t.throws(() => freeSpace(join(dir, 'none')), { room: 'files', code: 'not_found' });
});

t.test(
  'a small file system that fills up and is made read-only',
  { skip: !canMount && 'only root can mount a small file system' },
  async (t) => {
    const dir = mkdtempSync(join(tmpdir(), 'vigo-test-'));
    const mount = (...args: string[]) => spawnSync('mount', [...args, 'tmpfs', dir]).status;
    t.equal(mount('-t', 'tmpfs', '-o', 'size=1m,nr_inodes=50'), 0);
    t.teardown(() => {
      spawnSync('umount', [dir]);
      rmdirSync(dir);
    });
    const before = freeSpace(dir);
    t.equal(before.bytes, 1 << 20);
    writeFileSync(join(dir, 'file'), Buffer.alloc(1 << 19));
    const after = freeSpace(dir);
    t.equal(after.bytes, 1 << 19);
    t.equal(after.files, (before.files ?? 0) - 1);
    t.equal(spawnSync('mount', ['-o', 'remount,ro', dir]).status, 0);
    t.equal(freeSpace(dir).readOnly, true);
  },
);
