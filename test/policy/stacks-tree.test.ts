import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { fromUtf8, utf8 } from '../../lib/base/index.js';
import { loadTree, readStacksTree, storeTree, treeDigest } from '../../lib/policy/source/stacks-tree.js';

const texts = (tree: ReadonlyMap<string, Uint8Array>) =>
  Object.fromEntries([...tree].map(([path, content]) => [path, fromUtf8(content)]));

t.test('only .vgo files are read, in folders too; what is dotted or named otherwise is left alone', async (t) => {
  const dir = t.testdir({
    'b.vgo': 'b',
    'a.vgo': 'a',
    'README.md': 'x',
    '.hidden.vgo': 'x',
    '.git': { 'c.vgo': 'x' },
    web: { 'c.vgo': 'c', deep: { 'd.vgo': 'd' } },
  });
  symlinkSync('/etc/passwd', join(dir, 'a-link-to-nothing-of-ours'));
  const tree = await readStacksTree(dir);
  t.same(texts(tree), { 'a.vgo': 'a', 'b.vgo': 'b', 'web/c.vgo': 'c', 'web/deep/d.vgo': 'd' });
});

t.test('a link in the place of a file is refused, and one in the place of a folder not followed', async (t) => {
  const file = t.testdir({ 'a.vgo': t.fixture('symlink', '/etc/passwd') });
  await t.rejects(readStacksTree(file), { room: 'policy', code: 'misplaced' });
  const folder = t.testdir({ outside: { 'a.vgo': 'x' }, stacks: {} });
  symlinkSync('../outside', join(folder, 'stacks', 'inside'));
  t.same(texts(await readStacksTree(join(folder, 'stacks'))), {});
  const pipeLike = t.testdir({ 'a.vgo': {} });
  t.same(texts(await readStacksTree(pipeLike)), {}, 'a folder is a folder, whatever its name');
});

t.test('no folder, and a file that is too large', async (t) => {
  await t.rejects(readStacksTree(join(t.testdir(), 'none')), { code: 'missing_folder' });
  await t.rejects(readStacksTree(t.testdir({ 'a.vgo': 'x'.repeat(1024 * 1024 + 1) })), { code: 'too_large' });
});

t.test('the digest tells paths and contents apart', async (t) => {
  const digest = (tree: Record<string, string>) =>
    treeDigest(new Map(Object.entries(tree).map(([path, text]) => [path, utf8(text)])));
  const trees = [{}, { a: 'b' }, { ab: '' }, { a: '', b: '' }, { b: 'a' }, { a: 'bc' }, { ab: 'c' }];
  t.equal(new Set(await Promise.all(trees.map(digest))).size, trees.length);
  t.equal(await digest({ a: 'b' }), await digest({ a: 'b' }));
});

t.test('a published tree comes back as it was, and no other one does', async (t) => {
  const published = join(t.testdir(), 'published');
  const tree = new Map([
    ['envoys.vgo', utf8('envoys: []\n')],
    ['web/a.vgo', utf8('configcrate: a\n')],
  ]);
  const digest = await treeDigest(tree);
  await storeTree(published, digest, tree);
  t.same(texts(await loadTree(published, digest)), texts(tree));
  t.same(readdirSync(published), [digest], 'nothing unfinished is left');

  await storeTree(published, digest, tree);
  t.same(texts(await loadTree(published, digest)), texts(tree), 'publishing it again is fine');

  const broken = { room: 'policy', code: 'missing_publication' };
  const folder = join(published, digest);
  writeFileSync(join(folder, 'web', 'a.vgo'), 'configcrate: b\n');
  await t.rejects(loadTree(published, digest), broken, 'edited');
  await storeTree(published, digest, tree);
  t.same(texts(await loadTree(published, digest)), texts(tree), 'and mended by publishing');
  writeFileSync(join(folder, 'more.vgo'), '');
  await t.rejects(loadTree(published, digest), broken, 'a file more');
  mkdirSync(join(published, 'f'.repeat(64)));
  await t.rejects(loadTree(published, 'f'.repeat(64)), broken, 'a file less');
});
