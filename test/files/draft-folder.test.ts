import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { demandRoom, findDrafts, makeFolderWhole } from '../../lib/files/index.js';
import { processMark } from '../../lib/files/process-mark.js';

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
  t.same(seen, [`.home.unfinished-${await processMark()}`]);
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

const maker = `
  import { makeFolderWhole } from ${JSON.stringify(new URL('../../lib/files/index.ts', import.meta.url))};
  await makeFolderWhole(process.env.FOLDER, async (draft) => {
    draft.folder('a', 0o700);
    process.stdout.write('filling');
    await new Promise(() => setInterval(() => {}, 1e6));
  });`;

t.test('what a killed process left is removed by the next one; a living one is waited for', async (t) => {
  const root = t.testdir();
  const path = join(root, 'home');
  const child = spawn(process.execPath, ['--import', '@tapjs/typescript/import', '--input-type=module', '-e', maker], {
    env: { ...process.env, FOLDER: path },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  await t.rejects(demandRoom(path), { room: 'files', code: 'held' });
  await t.rejects(
    makeFolderWhole(path, async () => {}),
    { code: 'held' },
  );
  child.kill('SIGKILL');
  await once(child, 'exit');
  const [left] = readdirSync(root);
  t.same(readdirSync(join(root, String(left))), ['a'], 'the killed one left it');
  t.match(await findDrafts(path), [{ path: join(root, String(left)), pid: child.pid, is: 'dead' }]);
  await makeFolderWhole(path, async (draft) => draft.folder('b', 0o700));
  t.same(readdirSync(root), ['home']);
  t.same(readdirSync(path), ['b']);
});

t.test("what isn't provably of a dead process stays, and is in nobody's way", async (t) => {
  const root = t.testdir();
  const path = join(root, 'home');
  const [boot, namespace] = (await processMark()).split('-');
  const others = [
    '.home.unfinished', // somebody's own
    '.home.unfinished-x',
    `.home.unfinished-${boot}-1-1-1`, // another container's
    `.other.unfinished-${boot}-${namespace}-4194305-1`,
  ];
  for (const name of others) mkdirSync(join(root, name));
  writeFileSync(join(root, `.home.unfinished-${boot}-${namespace}-4194305-1`), 'no folder');
  symlinkSync('/etc', join(root, `.home.unfinished-${boot}-${namespace}-4194305-2`));
  const before = readdirSync(root).sort();
  await makeFolderWhole(path, async (draft) => draft.folder('a', 0o700));
  t.same(readdirSync(root).sort(), [...before, 'home'].sort());
});

t.test(
  "a stranger's folder stays",
  { skip: process.geteuid?.() !== 0 && 'giving files away needs root' },
  async (t) => {
    const root = t.testdir();
    const [boot, namespace] = (await processMark()).split('-');
    const strange = join(root, `.home.unfinished-${boot}-${namespace}-4194305-1`);
    mkdirSync(strange);
    chownSync(strange, 65_534, 65_534);
    await makeFolderWhole(join(root, 'home'), async () => {});
    t.ok(existsSync(strange));
  },
);
