import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { findAbandonedScratch, findLeftovers, temporaryPath } from '../../lib/files/index.js';

const NOW_MS = Date.now();
const BEFORE_MS = NOW_MS - 60_000;

function age(path: string): void {
  utimesSync(path, new Date(NOW_MS - 120_000), new Date(NOW_MS - 120_000));
}

t.test('old unfinished files and folders, wherever they lie; no young ones, nothing behind a link', async (t) => {
  const dir = t.testdir({ a: { b: {} }, elsewhere: {}, published: {} });
  const old = [temporaryPath(dir), temporaryPath(join(dir, 'a/b')), temporaryPath(join(dir, 'published'))];
  for (const path of old.slice(0, 2)) writeFileSync(path, 'half');
  mkdirSync(old[2] ?? '');
  writeFileSync(join(old[2] ?? '', 'a.vgo'), '');
  for (const path of old) age(path);
  writeFileSync(temporaryPath(dir), 'being written');
  const finished = join(dir, 'a/.vigo-tmp-not');
  writeFileSync(finished, '');
  age(finished);
  const outside = temporaryPath(join(dir, 'elsewhere'));
  writeFileSync(outside, '');
  age(outside);
  symlinkSync('../elsewhere', join(dir, 'a/link'));

  t.same(findLeftovers(dir, BEFORE_MS).sort(), [...old, outside].sort());
  t.same(findLeftovers(join(dir, 'a'), BEFORE_MS), [old[1]]);
  t.same(findLeftovers(join(dir, 'none'), BEFORE_MS), []);
  t.throws(() => findLeftovers(finished, BEFORE_MS), { room: 'files', code: 'not_regular' });
});

t.test('folders that an editor was lent and nobody wiped', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'vigo-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  t.notOk(findAbandonedScratch(BEFORE_MS).includes(folder), 'it may be in use');
  age(folder);
  t.ok(findAbandonedScratch(BEFORE_MS).includes(folder));
});
