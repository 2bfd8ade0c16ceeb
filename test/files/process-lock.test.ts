import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import t from 'tap';
import { acquireProcessLock, processLockOwner } from '../../lib/files/index.js';

// One plain file: a child that compiled the library would take a hundred times as long.
const bundle = join(mkdtempSync(join(tmpdir(), 'vigo-lock-')), 'holder.mjs');
t.teardown(() => rmSync(dirname(bundle), { recursive: true }));
buildSync({
  stdin: {
    contents: `
      import { acquireProcessLock } from './process-lock.ts';
      const lock = await acquireProcessLock(process.env.LOCK_PATH);
      process.stdout.write('held');
      setInterval(() => lock, 1e6);`,
    resolveDir: fileURLToPath(new URL('../../lib/files/process', import.meta.url)),
  },
  ...{ bundle: true, platform: 'node', format: 'esm', outfile: bundle },
});

/** A namespace of process ids of its own, as a container has one. Killed, it takes its processes along. */
const CONTAINER = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc'];
const noContainers =
  spawnSync(CONTAINER[0] ?? '', [...CONTAINER.slice(1), 'true']).status === 0
    ? false
    : 'unshare(1) is missing, or may not make a namespace of process ids';

function startHolder(path: string, around: readonly string[] = []) {
  const words = [...around, process.execPath, bundle];
  return spawn(words[0] ?? '', words.slice(1), {
    env: { ...process.env, LOCK_PATH: path },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** What a child said first, or how it ended. */
async function outcome(child: ReturnType<typeof startHolder>): Promise<string> {
  let said = '';
  let errors = '';
  child.stderr.on('data', (data) => {
    errors += data;
  });
  child.stdout.on('data', (data) => {
    said += data;
  });
  await Promise.race([once(child.stdout, 'data'), once(child, 'close')]);
  return said || errors;
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}

/** Until nothing listens any more: what was killed in a container ends a moment after what started it. */
async function takeOver(path: string) {
  for (;;) {
    const lock = await acquireProcessLock(path).catch((error) => {
      if (error.code !== 'held') throw error;
    });
    if (lock !== undefined) return lock;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
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
  t.same(await processLockOwner(path), { pid: process.pid });
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
  t.same(readdirSync(dir).sort(), ['agent.lock.2', 'agent.lock.2.socket'], 'the files of earlier owners are gone');
});

t.test('a process that only got the same id is not the owner', async (t) => {
  const path = join(t.testdir(), 'agent.lock');
  await acquireProcessLock(path);
  const mine = readFileSync(`${path}.1`, 'utf8');
  rmSync(`${path}.1.socket`); // it is a reboot that changes the start time, and no socket outlives one
  writeFileSync(`${path}.1`, mine.replace(/ [0-9]+ /, ' 1 '));
  const lock = await acquireProcessLock(path);
  await lock.release();
});

t.test('the folder must be there', async (t) => {
  await t.rejects(acquireProcessLock(join(t.testdir(), 'none', 'agent.lock')), { code: 'not_found' });
});

t.test('the lock of a process in another container holds', { skip: noContainers }, async (t) => {
  const path = join(t.testdir(), 'agent.lock');
  const child = startHolder(path, CONTAINER);
  t.equal(await outcome(child), 'held');
  t.same(await processLockOwner(path), { pid: undefined });
  await t.rejects(acquireProcessLock(path), { code: 'held' });

  const other = startHolder(path, CONTAINER);
  t.match(await outcome(other), /is locked by a process that can't be seen from here/, 'from a third one');

  await kill(child);
  await (await takeOver(path)).release();
});

t.test('a container sees the lock of a process outside', { skip: noContainers }, async (t) => {
  const path = join(t.testdir(), 'agent.lock');
  const lock = await acquireProcessLock(path);
  t.match(await outcome(startHolder(path, CONTAINER)), /is locked by a process that can't be seen from here/);
  await lock.release();
});

t.test('a stopped process keeps its lock', { skip: noContainers }, async (t) => {
  const path = join(t.testdir(), 'agent.lock');
  const child = startHolder(path, CONTAINER);
  t.equal(await outcome(child), 'held');
  const inside = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim();
  process.kill(Number(inside), 'SIGSTOP');
  await t.rejects(acquireProcessLock(path), { code: 'held' });
  await kill(child);
  await (await takeOver(path)).release();
});

t.test('the lock of a release that made no sockets holds while its process lives', async (t) => {
  const path = join(t.testdir(), 'agent.lock');
  const lock = await acquireProcessLock(path);
  const mine = readFileSync(`${path}.1`, 'utf8');
  await lock.release();
  writeFileSync(`${path}.1`, mine); // just this file is what it left
  await t.rejects(acquireProcessLock(path), { code: 'held' });
  writeFileSync(`${path}.1`, mine.replace(/^[0-9]+/, '4194305')); // above the highest process id that Linux gives
  await acquireProcessLock(path);
});

t.test('a release that made no sockets is refused by the file alone', async (t) => {
  const path = join(t.testdir(), 'agent.lock');
  await acquireProcessLock(path);
  const stat = readFileSync('/proc/self/stat', 'utf8');
  const startTime = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  t.equal(readFileSync(`${path}.1`, 'utf8'), `${process.pid} ${startTime} ${boot}\n`, 'what it compares');
});

t.test('a socket that a crash left without its file is no lock', async (t) => {
  const path = join(t.testdir(), 'agent.lock');
  const child = startHolder(path);
  t.equal(await outcome(child), 'held');
  await kill(child);
  rmSync(`${path}.1`);
  t.ok(existsSync(`${path}.1.socket`));
  await acquireProcessLock(path);
  t.same(readdirSync(join(path, '..')).sort(), ['agent.lock.2', 'agent.lock.2.socket']);
});

t.test('the path of a lock may be longer than the path of a socket', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'vigo-lock-'));
  t.teardown(() => rmSync(root, { recursive: true }));
  const folder = join(root, 'x'.repeat(120), 'y'.repeat(120));
  mkdirSync(folder, { recursive: true });
  const lock = await acquireProcessLock(join(folder, 'agent.lock'));
  t.equal(lock.weakness, undefined);
  t.ok(existsSync(join(folder, 'agent.lock.1.socket')));
  await t.rejects(acquireProcessLock(join(folder, 'agent.lock')), { code: 'held' });
});
