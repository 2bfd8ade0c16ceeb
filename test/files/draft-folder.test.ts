import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { makeFolderWhole } from '../../lib/files/index.js';

async function* stream(...pieces: string[]): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) yield Buffer.from(piece);
}

t.test('a folder appears whole, with its modes', async (t) => {
  const root = t.testdir();
  const path = join(root, 'new', 'home');
  const seen = await makeFolderWhole(path, async (draft) => {
    draft.folder('a', 0o750);
    await draft.file('a/b', 0o640, stream('one ', 'two'));
    draft.link('c', 'a/b');
    t.notOk(existsSync(path));
    t.equal(statSync(draft.path).mode & 0o777, 0o700);
    return readdirSync(join(root, 'new'));
  });
  t.same(seen, ['.home.unfinished']);
  t.same(readdirSync(join(root, 'new')), ['home']);
  t.equal(readFileSync(join(path, 'a/b'), 'utf8'), 'one two');
  t.equal(readlinkSync(join(path, 'c')), 'a/b');
  t.same(
    [path, join(path, 'a'), join(path, 'a/b')].map((at) => statSync(at).mode & 0o777),
    [0o755, 0o750, 0o640],
  );
});

t.test('an empty folder is taken, another one refused, before or after it was filled', async (t) => {
  const root = t.testdir({ empty: {}, full: { a: '' }, late: {}, file: '' });
  await makeFolderWhole(join(root, 'empty'), async (draft) => draft.folder('a', 0o700));
  t.same(readdirSync(join(root, 'empty')), ['a']);
  const never = () => Promise.reject(new Error('filled'));
  await t.rejects(makeFolderWhole(join(root, 'full'), never), { room: 'files', code: 'exists' });
  await t.rejects(makeFolderWhole(join(root, 'file'), never), { room: 'files', code: 'not_regular' });
  const late = makeFolderWhole(join(root, 'late'), async () => mkdirSync(join(root, 'late', 'a')));
  await t.rejects(late, { room: 'files', code: 'exists' });
  t.same(readdirSync(root).sort(), ['empty', 'file', 'full', 'late']);
});

t.test('whatever fails leaves nothing', async (t) => {
  const root = t.testdir();
  const failing = makeFolderWhole(join(root, 'home'), async (draft) => {
    draft.folder('a', 0o700);
    throw new RangeError('it fails');
  });
  await t.rejects(failing);
  await t.rejects(
    makeFolderWhole(join(root, 'home'), async (draft) => {
      draft.folder('a', 0o700);
      draft.folder('a', 0o700);
    }),
    { code: 'exists' },
  );
  t.same(readdirSync(root), []);
});

t.test('an unfinished one that is there stays: somebody may be filling it', async (t) => {
  const root = t.testdir({ '.home.unfinished': { a: 'x' } });
  const filling = makeFolderWhole(join(root, 'home'), () => Promise.reject(new Error('filled')));
  await t.rejects(filling, { code: 'held', hint: /remove/ });
  t.same(readdirSync(join(root, '.home.unfinished')), ['a']);
});
