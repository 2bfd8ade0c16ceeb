import { existsSync, lstatSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { utf8 } from '../../lib/base/index.js';
import { finishReplacement, readReplaced, replaceTogether, writeFileAtomic } from '../../lib/files/index.js';

const JOURNAL = '.vigo-replacement';
const NAMES = ['a', 'b', 'c'];
const OLD = { a: 'old a', b: 'old b', c: 'old c' };
const NEW = { a: utf8('new a'), b: utf8('new b'), c: null };

const read = async (dir: string, name: string) => {
  const bytes = await readReplaced(join(dir, name), 100).catch(({ code }) => utf8(`(${code})`));
  return Buffer.from(bytes).toString();
};
const readAll = (dir: string) => Promise.all(NAMES.map((name) => read(dir, name)));

t.test('files are replaced, made and removed', async (t) => {
  const dir = t.testdir(OLD);
  await replaceTogether(dir, { ...NEW, d: utf8('new d') });
  t.same(await readAll(dir), ['new a', 'new b', '(not_found)']);
  t.equal(readFileSync(join(dir, 'd'), 'utf8'), 'new d');
  t.equal(lstatSync(join(dir, 'a')).mode & 0o777, 0o600);
  t.notOk(existsSync(join(dir, JOURNAL)));
  t.notOk(existsSync(join(dir, 'c')));
});

/** What a folder holds when the process ends after so many of the steps: first the one file, then the others in turn. */
async function cutShort(t: Test, steps: number): Promise<string> {
  const whole = t.testdir({ whole: {}, dir: OLD });
  const dir = join(whole, 'dir');
  const journal = await capture(join(whole, 'whole'));
  if (steps > 0) await writeFileAtomic(join(dir, JOURNAL), journal, { mode: 0o600 });
  if (steps > 1) writeFileSync(join(dir, 'a'), 'new a');
  if (steps > 2) writeFileSync(join(dir, 'b'), 'new b');
  return dir;
}

/** The one file as it is written: a folder where the first of the others can't be replaced keeps it. */
async function capture(dir: string): Promise<Uint8Array> {
  const { mkdirSync } = await import('node:fs');
  mkdirSync(join(dir, 'a'));
  await replaceTogether(dir, NEW).catch(() => {});
  return readFileSync(join(dir, JOURNAL));
}

t.test('a crash at any step leaves all old ones or all new ones to who reads, and the next finishes it', async (t) => {
  for (const steps of [0, 1, 2, 3]) {
    const dir = await cutShort(t, steps);
    const now = await readAll(dir);
    t.same(now, steps === 0 ? Object.values(OLD) : ['new a', 'new b', '(not_found)'], `${steps}`);
    await finishReplacement(dir);
    t.same(await readAll(dir), now);
    t.notOk(existsSync(join(dir, JOURNAL)));
    await replaceTogether(dir, { b: utf8('newer b') });
    t.equal(await read(dir, 'b'), 'newer b');
  }
});

t.test('the next replacement goes on from one that was cut short', async (t) => {
  const dir = await cutShort(t, 2);
  await replaceTogether(dir, { a: utf8('newer a') });
  t.same(await readAll(dir), ['newer a', 'new b', '(not_found)']);
});

t.test('a journal that is damaged is named, and nothing is replaced by it', async (t) => {
  const dir = t.testdir(OLD);
  writeFileSync(join(dir, JOURNAL), '{"a":"from another release"}', { mode: 0o600 });
  const damaged = { code: 'io', path: join(dir, JOURNAL) };
  await t.rejects(readReplaced(join(dir, 'a'), 100), damaged);
  await t.rejects(replaceTogether(dir, NEW), damaged);
  t.equal(readFileSync(join(dir, 'a'), 'utf8'), 'old a');
});
