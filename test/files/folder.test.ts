import { existsSync, lstatSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { ensureDir, removeEmptyDir, removeTree, syncDir } from '../../lib/files/index.js';

t.test('ensureDir makes what is missing and leaves what is there', async (t) => {
  const dir = t.testdir({ file: '' });
  await ensureDir(join(dir, 'a/b/c'), 0o700);
  for (const made of ['a', 'a/b', 'a/b/c']) t.equal(lstatSync(join(dir, made)).mode & 0o777, 0o700);
  await ensureDir(join(dir, 'a'), 0o755);
  t.equal(lstatSync(join(dir, 'a')).mode & 0o777, 0o700);
  await t.rejects(ensureDir(join(dir, 'file'), 0o700), { code: 'not_regular' });
  await t.rejects(ensureDir(join(dir, 'file/a'), 0o700), { code: 'not_regular' });
});

t.test('removeEmptyDir removes empty folders only', async (t) => {
  const dir = t.testdir({ empty: {}, full: { a: '' } });
  t.equal(await removeEmptyDir(join(dir, 'empty')), true);
  t.equal(await removeEmptyDir(join(dir, 'full')), false);
  t.notOk(existsSync(join(dir, 'empty')));
  await t.rejects(removeEmptyDir(join(dir, 'empty')), { code: 'not_found' });
});

t.test('removeTree follows no link', async (t) => {
  const dir = t.testdir({ kept: { a: '' }, tree: { deep: { b: '' } } });
  symlinkSync(join(dir, 'kept'), join(dir, 'tree', 'link'));
  await removeTree(join(dir, 'tree'));
  await removeTree(join(dir, 'tree'));
  t.notOk(existsSync(join(dir, 'tree')));
  t.ok(existsSync(join(dir, 'kept', 'a')));
});

t.test('syncDir wants a folder', async (t) => {
  const dir = t.testdir({ file: '' });
  await syncDir(dir);
  await t.rejects(syncDir(join(dir, 'file')), { code: 'not_regular' });
});
