import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { acquireProcessLock, processLockOwner } from '../../lib/files/index.js';

const holder = `
  import { acquireProcessLock, processLockOwner } from ${JSON.stringify(new URL('../../lib/files/index.ts', import.meta.url))};
  const lock = await acquireProcessLock(process.env.LOCK_PATH);
  process.stdout.write('held');
  setInterval(() => lock, 1e6);`;

function startHolder(path: string) {
  return spawn(process.execPath, ['--import', '@tapjs/typescript/import', '--input-type=module', '-e', holder], {
    env: { ...process.env, LOCK_PATH: path },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

t.test('one holder at a time; released, it can be taken again', async (t) => {
  const path = join(t.testdir(), 'agent.lock');
  const lock = await acquireProcessLock(path);
  await t.rejects(acquireProcessLock(path), { code: 'held' });
  await lock.release();
  await acquireProcessLock(path);
  await t.rejects(acquireProcessLock(path), { code: 'held' });
});

t.test('who holds it can be asked', async (t) => {
  const path = join(t.testdir(), 'agent.lock');
  t.equal(await processLockOwner(path), undefined);
  const lock = await acquireProcessLock(path);
  t.equal(await processLockOwner(path), process.pid);
  await lock.release();
  t.equal(await processLockOwner(path), undefined);
});

t.test('of many attempts at once one wins', async (t) => {
  const path = join(t.testdir(), 'agent.lock');
  const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => acquireProcessLock(path)));
  t.equal(outcomes.filter((outcome) => outcome.status === 'fulfilled').length, 1);
});

t.test('the lock of a process that was killed is taken over', async (t) => {
  const dir = t.testdir();
  const path = join(dir, 'agent.lock');
  const child = startHolder(path);
  await once(child.stdout, 'data');
  await t.rejects(acquireProcessLock(path), { code: 'held' });
  child.kill('SIGKILL');
  await once(child, 'exit');
  await acquireProcessLock(path);
  t.equal(readdirSync(dir).length, 1, 'the files of earlier owners are gone');
});

t.test('a process that only got the same id is not the owner', async (t) => {
  const path = join(t.testdir(), 'agent.lock');
  await acquireProcessLock(path);
  const mine = readFileSync(`${path}.1`, 'utf8');
  writeFileSync(`${path}.1`, mine.replace(/ [0-9]+ /, ' 1 '));
  const lock = await acquireProcessLock(path);
  await lock.release();
});

t.test('the folder must be there', async (t) => {
  await t.rejects(acquireProcessLock(join(t.testdir(), 'none', 'agent.lock')), { code: 'not_found' });
});
