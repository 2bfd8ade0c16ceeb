import { EventEmitter, once } from 'node:events';
import { appendFileSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import t, { type Test } from 'tap';
import { type ChangedPaths, temporaryPath, type WatchOptions, watchTree } from '../../lib/files/index.js';

/** A watcher whose calls can be awaited. The rescan is far away unless a test asks for it. */
function watching(t: Test, dir: string, options: WatchOptions = {}) {
  const calls = new EventEmitter();
  const heard: ChangedPaths[] = [];
  const watcher = watchTree(
    dir,
    async (changed) => {
      heard.push(changed);
      calls.emit('change');
    },
    { quietMs: 5, batchMs: 20, pollMs: 5, rescanMs: 1e6, ...options },
  );
  t.teardown(() => watcher.close());
  return {
    watcher,
    heard,
    changed: () => once(calls, 'change'),
    /** Resolves when this path was heard of since the last call, or anything. */
    async hears(path: string) {
      while (!heard.some((changed) => changed === undefined || changed.has(path))) await once(calls, 'change');
      heard.length = 0;
    },
  };
}

/** What happens to a tree, and a path that it concerns. */
function changesOf(dir: string): readonly (readonly [path: string, () => void])[] {
  const at = (path: string) => join(dir, path);
  return [
    ['a/file', () => writeFileSync(at('a/file'), '1')],
    ['a/b', () => mkdirSync(at('a/b/c'), { recursive: true })],
    ['a/b/c/file', () => writeFileSync(at('a/b/c/file'), '1')],
    ['a/b/c/other', () => renameSync(at('a/b/c/file'), at('a/b/c/other'))],
    ['a/d', () => renameSync(at('a/b'), at('a/d'))],
    ['a/d/c/other', () => rmSync(at('a/d/c/other'))],
    ['a', () => rmSync(at('a'), { recursive: true })],
    [
      'a', // before anybody can look: perhaps with the inode of the one that was
      () => {
        mkdirSync(at('a'));
        rmSync(at('a'), { recursive: true });
        mkdirSync(at('a'));
      },
    ],
    ['a/file', () => writeFileSync(at('a/file'), '2')],
    ['', () => rmSync(dir, { recursive: true })],
    ['', () => mkdirSync(at('a'), { recursive: true })],
    ['a/file', () => writeFileSync(at('a/file'), '3')],
  ];
}

t.test('notices changes in folders old and new, and in those that were made again', async (t) => {
  const dir = join(t.testdir(), 'tree');
  mkdirSync(join(dir, 'a'), { recursive: true });
  const { watcher, hears } = watching(t, dir);
  await watcher.ready;
  for (const [path, change] of changesOf(dir)) {
    change();
    await hears(path);
  }
  t.pass('every change was noticed');
});

t.test('where the system has no notifications left, it polls', async (t) => {
  for (const maxWatches of [0, 1, 2]) {
    const dir = join(t.testdir(), String(maxWatches));
    mkdirSync(join(dir, 'a'), { recursive: true });
    const { watcher, hears } = watching(t, dir, { maxWatches });
    await watcher.ready;
    for (const [path, change] of changesOf(dir)) {
      change();
      await hears(path);
    }
  }
  t.pass('every change was noticed');
});

t.test('a file is heard of by its name, a folder as a reason to look everywhere', async (t) => {
  const dir = t.testdir({ a: { b: {} } });
  const { watcher, heard, changed } = watching(t, dir);
  await watcher.ready;
  let before: ChangedPaths;
  for (const [change, expected] of [
    [() => writeFileSync(join(dir, 'a/b/file'), ''), new Set(['a/b/file'])],
    [() => appendFileSync(join(dir, 'a/b/file'), 'more'), new Set(['a/b/file'])],
    [() => rmSync(join(dir, 'a/b/file')), new Set(['a/b/file'])],
    [() => mkdirSync(join(dir, 'c')), undefined],
  ] as const) {
    change();
    // One change may be several notifications, and those two calls on a slow machine.
    while (!heard.some((each) => isDeepStrictEqual(each, expected))) await changed();
    t.same(
      heard.splice(0).filter((each) => !isDeepStrictEqual(each, expected) && !isDeepStrictEqual(each, before)),
      [],
    );
    before = expected;
  }
});

t.test('many changes give few calls, and temporary and hidden files none', async (t) => {
  const dir = t.testdir({ '.hidden': {}, there: {} });
  const { watcher, heard, hears } = watching(t, dir, { isHidden: (name) => name.startsWith('.') });
  await watcher.ready;
  for (let i = 0; i < 50; i++) {
    writeFileSync(temporaryPath(dir), '');
    writeFileSync(join(dir, '.hidden', String(i)), '');
  }
  mkdirSync(join(dir, '.hidden/folder'));
  for (let i = 0; i < 50; i++) writeFileSync(join(dir, 'there', String(i)), '');
  while (!heard.some((changed) => changed?.has('there/49'))) await new Promise(setImmediate);
  t.ok(heard.length <= 2, `${heard.length} calls`);
  const all = new Set(heard.flatMap((changed) => [...(changed ?? ['anything'])]));
  t.same(all, new Set(Array.from({ length: 50 }, (_, i) => `there/${i}`)));
  const tooMany = heard.length;
  for (let i = 0; i < 1100; i++) writeFileSync(join(dir, 'there', `more-${i}`), '');
  heard.length = 0;
  while (!heard.includes(undefined)) await new Promise(setImmediate);
  t.ok(tooMany > 0, 'so many that the queue of the system may have overflown');
  await hears('anything');
});

t.test('changes without a pause are not waited for', async (t) => {
  const dir = t.testdir();
  const { watcher, heard } = watching(t, dir, { quietMs: 60_000, batchMs: 5 });
  await watcher.ready;
  for (let i = 0; heard.length < 3; i++) {
    writeFileSync(join(dir, 'busy'), String(i));
    await new Promise(setImmediate);
  }
  t.pass('called although it was never quiet');
});

t.test('calls never overlap, and a change during one gives another', async (t) => {
  const dir = t.testdir();
  const done = new EventEmitter();
  let inside = 0;
  let most = 0;
  let calls = 0;
  const watcher = watchTree(
    dir,
    async () => {
      most = Math.max(most, ++inside);
      if (++calls === 1) writeFileSync(join(dir, 'during'), '');
      await new Promise((resolve) => setTimeout(resolve, 20));
      inside--;
      if (calls === 2) done.emit('done');
    },
    { quietMs: 1, rescanMs: 1e6 },
  );
  t.teardown(() => watcher.close());
  await watcher.ready;
  const finished = once(done, 'done');
  writeFileSync(join(dir, 'first'), '');
  await finished;
  t.equal(most, 1);
});

t.test('a call that fails is made up for, about everything', async (t) => {
  const dir = t.testdir();
  const heard: ChangedPaths[] = [];
  await new Promise<void>((resolve) => {
    const watcher = watchTree(
      dir,
      async (changed) => {
        heard.push(changed);
        if (heard.length === 1) throw new Error('not now');
        resolve();
      },
      { quietMs: 1, rescanMs: 1e6 },
    );
    t.teardown(() => watcher.close());
    watcher.ready.then(() => writeFileSync(join(dir, 'file'), ''));
  });
  t.same(heard, [new Set(['file']), undefined]);
});

t.test('a folder that appears later, and the rescan that comes whatever happens', async (t) => {
  const later = join(t.testdir(), 'later');
  const { changed, watcher } = watching(t, later);
  await watcher.ready;
  const seen = changed();
  mkdirSync(later);
  await seen;
  const { changed: rescanned, heard } = watching(t, t.testdir({}), { rescanMs: 10 });
  await rescanned();
  t.same(heard[0], undefined, 'called without any notification');
});
