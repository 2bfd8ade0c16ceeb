import { chmodSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { FilesError, readFileLimited, withAnchoredPath, writeFileAtomic } from '../../lib/files/index.js';

const bytes = Buffer.from('x');

t.test('a path through real folders', async (t) => {
  const dir = t.testdir({ a: { b: {} } });
  const path = join(dir, 'a/b/file');
  await withAnchoredPath(path, (anchored) => writeFileAtomic(anchored, bytes, { mode: 0o600 }));
  t.equal(readFileSync(path, 'utf8'), 'x');
});

t.test('a link that only this user can have made is followed, relative or absolute', async (t) => {
  const dir = t.testdir({ real: {} });
  chmodSync(dir, 0o755);
  symlinkSync('real', join(dir, 'relative'));
  symlinkSync(join(dir, 'real'), join(dir, 'absolute'));
  symlinkSync('real/../real', join(dir, 'dotted'));
  for (const link of ['relative', 'absolute', 'dotted']) {
    await withAnchoredPath(join(dir, link, link), (path) => writeFileAtomic(path, bytes, { mode: 0o600 }));
    t.equal(readFileSync(join(dir, 'real', link), 'utf8'), 'x', link);
  }
});

t.test('a link in a folder where others write is refused', async (t) => {
  const dir = t.testdir({ real: {}, shared: {} });
  chmodSync(join(dir, 'shared'), 0o777);
  symlinkSync('../real', join(dir, 'shared/link'));
  const never = () => t.fail('must not act');
  await t.rejects(
    withAnchoredPath(join(dir, 'shared/link/file'), async () => never()),
    {
      constructor: FilesError,
      code: 'not_regular',
    },
  );
});

t.test('links in a circle end', async (t) => {
  const dir = t.testdir({});
  chmodSync(dir, 0o755);
  symlinkSync('b', join(dir, 'a'));
  symlinkSync('a', join(dir, 'b'));
  await t.rejects(
    withAnchoredPath(join(dir, 'a/file'), async () => {}),
    { code: 'not_regular' },
  );
});

t.test('a folder that is exchanged for a link meanwhile is not left', async (t) => {
  const dir = t.testdir({ home: {}, elsewhere: {} });
  await withAnchoredPath(join(dir, 'home/file'), async (anchored) => {
    renameSync(join(dir, 'home'), join(dir, 'moved'));
    symlinkSync('elsewhere', join(dir, 'home'));
    await writeFileAtomic(anchored, bytes, { mode: 0o600 });
  });
  t.equal(readFileSync(join(dir, 'moved/file'), 'utf8'), 'x');
  t.throws(() => readFileSync(join(dir, 'elsewhere/file')));
});

t.test('errors name the real path', async (t) => {
  const dir = t.testdir({ file: 'x' });
  mkdirSync(join(dir, 'folder'));
  writeFileSync(join(dir, 'folder/big'), 'too many');
  const missing = withAnchoredPath(join(dir, 'no/file'), async () => {});
  await t.rejects(missing, { constructor: FilesError, code: 'not_found', path: join(dir, 'no') });
  const inFile = withAnchoredPath(join(dir, 'file/file'), async () => {});
  await t.rejects(inFile, { code: 'not_regular' });
  const path = join(dir, 'folder/big');
  const big = withAnchoredPath(path, (anchored) => readFileLimited(anchored, 1));
  const error = await big.catch((error) => error);
  t.match(error, { constructor: FilesError, code: 'too_large', path });
  t.notMatch(error.message, '/proc/');
});
