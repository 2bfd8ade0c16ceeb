import { chmodSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { demandClosable, ensurePrivateDir } from '../../lib/files/index.js';

const modeOf = (path: string) => statSync(path).mode & 0o7777;

t.test('a private folder is made, kept, or closed while it is empty', async (t) => {
  const path = join(t.testdir(), 'a', 'b');
  t.same(await ensurePrivateDir(path), { wasOpen: false });
  t.equal(modeOf(path), 0o700);
  t.same(await ensurePrivateDir(path), { wasOpen: false });
  for (const mode of [0o755, 0o750, 0o701]) {
    chmodSync(path, mode);
    t.equal(await demandClosable(path), true);
    t.equal(modeOf(path), mode, 'a question changes nothing');
    t.same(await ensurePrivateDir(path), { wasOpen: true });
    t.equal(modeOf(path), 0o700);
  }
});

t.test('what is in an open one is not hidden behind a closed door', async (t) => {
  const path = join(t.testdir(), 'a');
  mkdirSync(path);
  writeFileSync(join(path, 'x'), '');
  chmodSync(path, 0o755);
  await t.rejects(demandClosable(path), { room: 'files', code: 'not_private' });
  await t.rejects(ensurePrivateDir(path), { room: 'files', code: 'not_private' });
  t.equal(modeOf(path), 0o755);
  rmSync(join(path, 'x'));
  t.same(await ensurePrivateDir(path), { wasOpen: true });
});
