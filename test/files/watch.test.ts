import { EventEmitter, once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { temporaryPath, watchTree } from '../../lib/files/index.js';

/** A watcher whose calls can be awaited. The rescan is far away unless a test asks for it. */
function watching(t: Test, dir: string, rescanMs = 1e6) {
  const calls = new EventEmitter();
  let count = 0;
  const watcher = watchTree(dir, () => void calls.emit('change', ++count), { debounceMs: 5, rescanMs });
  t.teardown(() => watcher.close());
  return { watcher, changed: () => once(calls, 'change'), count: () => count };
}

t.test('notices changes in folders old and new, also in one that was made again', async (t) => {
  const dir = t.testdir({ a: {} });
  const { watcher, changed } = watching(t, dir);
  await watcher.ready;
  for (const change of [
    () => writeFileSync(join(dir, 'a/file'), '1'),
    () => mkdirSync(join(dir, 'a/b/c'), { recursive: true }),
    () => writeFileSync(join(dir, 'a/b/c/file'), '1'),
    () => rmSync(join(dir, 'a'), { recursive: true }),
    () => mkdirSync(join(dir, 'a')),
    () => writeFileSync(join(dir, 'a/file'), '2'),
  ]) {
    const seen = changed();
    change();
    await seen;
  }
  t.pass('every change was noticed');
});

t.test('many changes give few calls, and temporary files none', async (t) => {
  const dir = t.testdir();
  const { watcher, changed, count } = watching(t, dir);
  await watcher.ready;
  for (let i = 0; i < 50; i++) writeFileSync(temporaryPath(dir), '');
  const seen = changed();
  for (let i = 0; i < 50; i++) writeFileSync(join(dir, String(i)), '');
  await seen;
  t.ok(count() <= 2, `${count()} calls`);
});

t.test('calls never overlap, and a change during one gives another', async (t) => {
  const dir = t.testdir();
  const done = new EventEmitter();
  let inside = 0;
  let calls = 0;
  const watcher = watchTree(
    dir,
    async () => {
      t.equal(++inside, 1);
      if (++calls === 1) writeFileSync(join(dir, 'during'), '');
      await new Promise((resolve) => setTimeout(resolve, 20));
      inside--;
      if (calls === 2) done.emit('done');
    },
    { debounceMs: 1, rescanMs: 1e6 },
  );
  t.teardown(() => watcher.close());
  await watcher.ready;
  const finished = once(done, 'done');
  writeFileSync(join(dir, 'first'), '');
  await finished;
});

t.test('the rescan finds a folder that appeared unseen', async (t) => {
  const dir = join(t.testdir(), 'later');
  const { changed } = watching(t, dir, 10);
  await changed();
  t.pass('called without any notification');
});
