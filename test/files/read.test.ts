import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { checkPrivateFile, readFileLimited } from '../../lib/files/index.js';

t.test('reads up to the limit', async (t) => {
  const path = join(t.testdir({ a: 'four' }), 'a');
  t.equal(Buffer.from(await readFileLimited(path, 4)).toString(), 'four');
  await t.rejects(readFileLimited(path, 3), { code: 'too_large' });
  await t.rejects(readFileLimited(`${path}b`, 3), { code: 'not_found' });
});

t.test('reads regular files only, and never waits', async (t) => {
  const dir = t.testdir({ a: 'four', folder: {} });
  symlinkSync('a', join(dir, 'link'));
  execFileSync('mkfifo', [join(dir, 'pipe')]);
  await t.rejects(readFileLimited(join(dir, 'link'), 9), { code: 'not_regular' });
  await t.rejects(readFileLimited(join(dir, 'folder'), 9), { code: 'not_regular' });
  await t.rejects(readFileLimited(join(dir, 'pipe'), 9), { code: 'not_regular' });
  await t.rejects(readFileLimited('/dev/zero', 9), { code: 'not_regular' });
  t.equal((await readFileLimited(join(dir, 'link'), 9, { followLink: true })).length, 4);
});

t.test('a private file is 0600 or tighter', async (t) => {
  const path = join(t.testdir({ a: 'four' }), 'a');
  for (const mode of [0o600, 0o400]) {
    chmodSync(path, mode);
    await checkPrivateFile(path);
    t.equal((await readFileLimited(path, 4, { private: true })).length, 4);
  }
  for (const mode of [0o644, 0o640, 0o620, 0o602, 0o700, 0o4600]) {
    chmodSync(path, mode);
    await t.rejects(checkPrivateFile(path), { code: 'not_private' }, mode.toString(8));
    await t.rejects(readFileLimited(path, 4, { private: true }), { code: 'not_private' }, mode.toString(8));
  }
});

t.test('a private file is no link', async (t) => {
  const dir = t.testdir({ a: 'four' });
  chmodSync(join(dir, 'a'), 0o600);
  symlinkSync('a', join(dir, 'link'));
  await t.rejects(checkPrivateFile(join(dir, 'link')), { code: 'not_regular' });
  await t.rejects(checkPrivateFile(join(dir, 'none')), { code: 'not_found' });
});

t.test(
  'a private file belongs to who reads it',
  { skip: process.geteuid?.() !== 0 && 'only root can make files and folders of another user' },
  async (t) => {
    const path = join(t.testdir({ a: 'four' }), 'a');
    chmodSync(path, 0o600);
    chownSync(path, 65534, 65534);
    await t.rejects(checkPrivateFile(path), { code: 'not_private' });
    await t.rejects(readFileLimited(path, 4, { private: true }), { code: 'not_private' });
  },
);
