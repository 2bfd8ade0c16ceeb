import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parseKeyName } from '../../lib/base/index.js';
import { temporaryPath } from '../../lib/files/index.js';
import { demandFreeName, filesBelow, hasFile, keysBelow } from '../../lib/vault/format/key-tree.js';

t.test("a key's file is a regular file below folders", async (t) => {
  const dir = t.testdir({ a: { b: '' }, outside: { c: '' } });
  t.equal(await hasFile(dir, 'a/b'), true);
  for (const key of ['a', 'a/c', 'a/b/c', 'x', 'x/y']) t.equal(await hasFile(dir, key), false, key);
  symlinkSync('outside', join(dir, 'link'));
  symlinkSync('a/b', join(dir, 'filelink'));
  await t.rejects(hasFile(dir, 'link/c'), { code: 'misplaced' });
  await t.rejects(hasFile(dir, 'filelink'), { code: 'misplaced' });
  await t.rejects(demandFreeName(dir, parseKeyName('link/new')), { code: 'misplaced' });
});

t.test('what the file system refuses says so and where', async (t) => {
  const tooLong = join(t.testdir(), 'x'.repeat(5000));
  const refused = { room: 'files', code: 'io', path: /x$/ };
  await t.rejects(hasFile(tooLong, 'a'), { ...refused, path: /x.a$/ });
  await t.rejects(keysBelow(tooLong), refused);
});

t.test("`a` and `a/b` can't both exist", async (t) => {
  const dir = t.testdir({ a: '', b: { c: { d: '' } } });
  await demandFreeName(dir, parseKeyName('a'));
  await demandFreeName(dir, parseKeyName('b/c/e'));
  await t.rejects(demandFreeName(dir, parseKeyName('a/b')), { code: 'name_conflict', message: /there is a$/ });
  await t.rejects(demandFreeName(dir, parseKeyName('a/b/c')), { code: 'name_conflict' });
  await t.rejects(demandFreeName(dir, parseKeyName('b')), { code: 'name_conflict', message: /b\/c\/d/ });
  await t.rejects(demandFreeName(dir, parseKeyName('b/c')), { code: 'name_conflict' });
});

t.test('what a crash leaves of a folder gives way to a key of its name, something strange does not', async (t) => {
  const dir = t.testdir({ a: { b: { c: {} } }, strange: { '.hidden': '' } });
  writeFileSync(temporaryPath(join(dir, 'a/b')), '');
  await demandFreeName(dir, parseKeyName('a'));
  t.notOk(existsSync(join(dir, 'a')));
  await t.rejects(demandFreeName(dir, parseKeyName('strange')), { code: 'misplaced' });
  t.ok(existsSync(join(dir, 'strange/.hidden')));
});

t.test('names are found; versions, temporary files and strangers are not', async (t) => {
  const dir = t.testdir({
    a: '',
    b: { c: '', 'd~': '' },
    '.master.key': '',
    '.versions': { a: { '@1': '' } },
  });
  writeFileSync(temporaryPath(dir), '');
  symlinkSync('a', join(dir, 'link'));
  mkdirSync(join(dir, 'empty'));
  t.same((await keysBelow(dir)).sort(), ['a', 'b/c']);
  const files: string[] = [];
  for await (const path of filesBelow(dir)) files.push(path.slice(dir.length + 1));
  t.same(files.sort(), ['.master.key', '.versions/a/@1', 'a', 'b/c', 'b/d~', 'link']);
  t.same(await keysBelow(join(dir, 'none')), []);
});
