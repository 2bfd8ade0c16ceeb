import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { AgentError } from '../../lib/agent/errors.js';
import { Watched } from '../../lib/agent/held/watched.js';

const RELOAD = { configcrate: 'web', resource: 'reload / "all"' };
const PROTO = { configcrate: 'web', resource: '__proto__' };
const MARK = new Uint8Array(16).fill(1);
const NEXT = new Uint8Array(16).fill(2);

t.test('what was applied is known after a restart, until the mark is another one', async (t) => {
  const path = join(t.testdir(), 'watched');
  const watched = await Watched.read(path);
  t.equal(watched.isNew(RELOAD, MARK), true);
  await watched.remember(RELOAD, MARK);
  await watched.remember(PROTO, NEXT);
  for (const each of [watched, await Watched.read(path)]) {
    t.equal(each.isNew(RELOAD, MARK), false);
    t.equal(each.isNew(RELOAD, NEXT), true);
    t.equal(each.isNew(PROTO, NEXT), false);
    t.equal(each.isNew({ ...RELOAD, configcrate: 'other' }, MARK), true);
  }
  t.equal(readFileSync(path, 'utf8').includes('"watched":[["web","__proto__","0202'), true);
});

t.test('what is not declared any more is forgotten with the next entry', async (t) => {
  const path = join(t.testdir(), 'watched');
  const watched = await Watched.read(path);
  await watched.remember(RELOAD, MARK);
  watched.keepOnly([PROTO]);
  await watched.remember(PROTO, MARK);
  t.equal((await Watched.read(path)).isNew(RELOAD, MARK), true);
});

t.test('what is forgotten is due after a restart too, under every mark', async (t) => {
  const path = join(t.testdir(), 'watched');
  const watched = await Watched.read(path);
  await watched.remember(RELOAD, MARK);
  await watched.remember(PROTO, MARK);
  await watched.forget([RELOAD]);
  for (const each of [watched, await Watched.read(path)]) {
    t.equal(each.isNew(RELOAD, MARK), true);
    t.equal(each.isNew(PROTO, MARK), false);
  }
  await watched.remember(RELOAD, MARK);
  t.equal((await Watched.read(path)).isNew(RELOAD, MARK), false);
});

t.test('what can not be forgotten is said each time, until it can', async (t) => {
  const dir = t.testdir();
  const watched = await Watched.read(join(dir, 'state/watched'));
  for (let i = 0; i < 2; i++) await t.rejects(watched.forget([RELOAD]), { name: 'FilesError' });
  mkdirSync(join(dir, 'state'));
  await watched.forget([RELOAD]);
  rmSync(join(dir, 'state'), { recursive: true });
  await watched.forget([RELOAD]); // nothing is to be written
  await t.rejects(watched.remember(RELOAD, MARK), { name: 'FilesError' });
  await t.rejects(watched.forget([RELOAD]), { name: 'FilesError' });
});

t.test('what can not be written down counts as not applied', async (t) => {
  const dir = t.testdir();
  const watched = await Watched.read(join(dir, 'state/watched'));
  mkdirSync(join(dir, 'state'));
  await watched.remember(RELOAD, MARK);
  rmSync(join(dir, 'state'), { recursive: true });
  await t.rejects(watched.remember(RELOAD, NEXT), { name: 'FilesError' });
  t.equal(watched.isNew(RELOAD, NEXT), true);
  t.same(readdirSync(dir), []);
});

t.test('a file that this agent did not write is said, and not believed', async (t) => {
  const path = join(t.testdir(), 'watched');
  for (const text of [
    '',
    '[]',
    'null',
    '{"v":2,"watched":[]}',
    '{"v":1,"watched":[["a","b","c"]]}',
    '{"v":1,"watched":[["a","b","0102"]]}',
    '{"v":1,"watched":[["a","b"]]}',
    '{"v":1, "watched":[]}',
  ]) {
    writeFileSync(path, text, { mode: 0o600 });
    await t.rejects(Watched.read(path), { constructor: AgentError, code: 'bad_state' }, text);
  }
  writeFileSync(path, '{"v":1,"watched":[]}');
  chmodSync(path, 0o666);
  await t.rejects(Watched.read(path), { name: 'FilesError', code: 'not_private' });
});
