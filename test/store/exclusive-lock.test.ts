import { once } from 'node:events';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type LockOptions, openExclusiveLock } from '../../lib/store/index.js';
import { startProgram } from './kit.js';

const newPath = (t: Test) => join(t.testdir(), 'run', 'vault.lock');

async function open(t: Test, path: string, options?: LockOptions) {
  const lock = await openExclusiveLock(path, options);
  t.teardown(() => lock.close());
  return lock;
}

t.test('gives back what the work gives, and lets go when it throws', async (t) => {
  const path = newPath(t);
  const lock = await open(t, path);
  t.equal(statSync(path).mode & 0o777, 0o600);
  t.equal(await lock.exclusively(async () => 42), 42);
  await t.rejects(
    lock.exclusively(async () => {
      throw new TypeError('of the work');
    }),
    { name: 'TypeError' },
  );
  t.equal(await lock.exclusively(async () => 43), 43);
});

t.test('callers of one process take turns, in the order in which they came', async (t) => {
  const lock = await open(t, newPath(t));
  const events: string[] = [];
  await Promise.all(
    ['a', 'b', 'c'].map((name) =>
      lock.exclusively(async () => {
        events.push(`${name} in`);
        await new Promise(setImmediate);
        events.push(`${name} out`);
      }),
    ),
  );
  t.same(events, ['a in', 'a out', 'b in', 'b out', 'c in', 'c out']);
});

t.test('two that were opened apart exclude each other', async (t) => {
  const path = newPath(t);
  const [one, other] = [await open(t, path), await open(t, path, { waitMs: 0 })];
  await one.exclusively(async () => {
    await t.rejects(
      other.exclusively(async () => t.fail('inside together')),
      { name: 'StoreError', code: 'busy' },
    );
  });
  t.equal(await other.exclusively(async () => 'free'), 'free');
});

t.test('another process is waited for', async (t) => {
  const path = newPath(t);
  const holder = startProgram('lock-holder.ts', path);
  t.same((await once(holder, 'message'))[0], 'held');
  const lock = await open(t, path);
  let entered = false;
  const turn = lock.exclusively(async () => {
    entered = true;
  });
  await new Promise(setImmediate);
  t.notOk(entered);
  holder.send('let go');
  await turn;
  t.ok(entered);
});

t.test('the lock of a process that was killed is free', async (t) => {
  const path = newPath(t);
  const holder = startProgram('lock-holder.ts', path);
  await once(holder, 'message');
  const lock = await open(t, path, { waitMs: 0 });
  await t.rejects(
    lock.exclusively(async () => {}),
    { name: 'StoreError', code: 'busy' },
  );
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  t.equal(await lock.exclusively(async () => 'free'), 'free');
});

t.test('who holds the lock and asks for it is told, instead of waiting for itself', async (t) => {
  const lock = await open(t, newPath(t));
  let later: Promise<unknown> = Promise.resolve();
  let start = () => {};
  await lock.exclusively(async () => {
    await t.rejects(
      lock.exclusively(async () => {}),
      { name: 'StoreError', code: 'nested_lock' },
    );
    later = new Promise<void>((resolve) => {
      start = resolve;
    }).then(() => lock.exclusively(async () => 'fine'));
  });
  start();
  t.equal(await later, 'fine', 'what was started inside and comes back later is not meant');
});

t.test('a closed lock', async (t) => {
  const lock = await openExclusiveLock(newPath(t));
  const turn = lock.exclusively(async () => 'done');
  await lock.close();
  t.equal(await turn, 'done', 'closing waits');
  await t.rejects(
    lock.exclusively(async () => {}),
    { name: 'StoreError', code: 'unavailable' },
  );
});
