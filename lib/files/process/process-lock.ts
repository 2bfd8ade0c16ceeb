import { readdir, unlink } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { fromUtf8, utf8 } from '../../base/index.js';
import { createFileExclusive, writeFileAtomic } from '../atomic/write.js';
import { errnoOf, FilesError, filesError } from '../errors.js';
import { describeProcess } from '../process-mark.js';
import { readFileLimited } from '../read.js';
import { isAnswered, type LockSocket, openLockSocket } from './lock-socket.js';

/** A lock that one process holds for as long as it lives. */
export interface ProcessLock {
  /** Why the lock holds among processes of one container only; undefined where it holds among all. */
  readonly weakness?: string;
  release(): Promise<void>;
}

/** The process that holds a lock. */
export interface LockOwner {
  /** Undefined for a process of another container. */
  readonly pid: number | undefined;
}

/**
 * Takes the lock, also from an owner that died without releasing it.
 *
 * The lock is a row of files `<path>.<n>`, each with a socket `<path>.<n>.socket` on which its owner listens; the owner
 * of the highest number has the lock. The kernel closes the socket when the owner ends, so that the lock holds between
 * containers as well. The file names the owner's process id, start time and boot: for releases that knew no
 * sockets, and for file systems that have none. Numbers only grow and the highest file is never removed. So of several
 * that find a dead owner one takes the next number, and one that looked long ago can't take away a lock taken since.
 * @throws FilesError `held` while its owner lives; the message names the process
 */
export async function acquireProcessLock(path: string): Promise<ProcessLock> {
  const last = (await numbersOf(path)).at(-1) ?? 0;
  if (last > 0) await demandNoOwner(path, last);
  const mine = `${path}.${last + 1}`;
  const { socket, weakness } = await trySocket(dirname(path));
  try {
    // The socket first: a file without one would look like that of a dead owner to another container.
    if (socket !== undefined && !(await socket.claim(`${mine}.socket`))) throw held(path);
    try {
      await createFileExclusive(mine, utf8(await describeProcess(process.pid)), { mode: 0o600 });
    } catch (cause) {
      if (socket !== undefined) await removeIfThere(`${mine}.socket`);
      throw cause instanceof FilesError && cause.code === 'exists' ? held(path, cause) : cause;
    }
    const all = await numbersOf(path);
    if (all.at(-1) !== last + 1) {
      await removeNumber(path, last + 1);
      throw held(path);
    }
    for (const earlier of all.slice(0, -1)) await removeNumber(path, earlier);
  } catch (cause) {
    socket?.close();
    throw cause;
  }
  return {
    ...(weakness !== undefined && { weakness }),
    async release() {
      await writeFileAtomic(mine, utf8(''), { mode: 0o600 });
      socket?.close();
      await removeIfThere(`${mine}.socket`);
    },
  };
}

/** The process that holds the lock, undefined where it is free. @throws FilesError */
export async function processLockOwner(path: string): Promise<LockOwner | undefined> {
  const last = (await numbersOf(path)).at(-1) ?? 0;
  return last === 0 ? undefined : ownerOf(path, last);
}

async function trySocket(folder: string): Promise<{ socket?: LockSocket; weakness?: string }> {
  try {
    return { socket: await openLockSocket(folder) };
  } catch (cause) {
    const errno = errnoOf(cause);
    if (errno === undefined || errno === 'ENOENT') throw filesError('lock', folder, cause);
    return { weakness: `${folder} takes no socket (${errno})` };
  }
}

/** Of the files and sockets that are there, each number once, the lowest first. */
async function numbersOf(path: string): Promise<number[]> {
  const prefix = `${basename(path)}.`;
  const names = await readdir(dirname(path)).catch((cause) => {
    throw filesError('lock', path, cause);
  });
  const numbers = names
    .filter((name) => name.startsWith(prefix))
    .map((name) => /^([1-9][0-9]{0,14})(?:\.socket)?$/.exec(name.slice(prefix.length))?.[1])
    .filter((number) => number !== undefined);
  return [...new Set(numbers.map(Number))].sort((a, b) => a - b);
}

async function demandNoOwner(path: string, number: number): Promise<void> {
  const owner = await ownerOf(path, number);
  if (owner === undefined) return;
  if (owner.pid !== undefined) throw held(path, undefined, `process ${owner.pid}`);
  throw held(path, undefined, "a process that can't be seen from here", 'stop it; it may be in another container');
}

async function ownerOf(path: string, number: number): Promise<LockOwner | undefined> {
  const file = `${path}.${number}`;
  const owner = fromUtf8(await readIfThere(file));
  const pid = Number(/^[1-9][0-9]*/.exec(owner)?.[0] ?? 0);
  if (pid > 0 && (await describeProcess(pid)) === owner) return { pid };
  return (await isAnswered(`${file}.socket`)) ? { pid: undefined } : undefined;
}

async function readIfThere(path: string): Promise<Uint8Array> {
  return readFileLimited(path, 256).catch((cause) => {
    if (cause instanceof FilesError && cause.code === 'not_found') return new Uint8Array();
    throw cause;
  });
}

/** The socket last: until then it keeps the number from looking free. */
async function removeNumber(path: string, number: number): Promise<void> {
  await removeIfThere(`${path}.${number}`);
  await removeIfThere(`${path}.${number}.socket`);
}

/** Another process may remove it first. */
async function removeIfThere(path: string): Promise<void> {
  await unlink(path).catch((cause) => {
    if (errnoOf(cause) !== 'ENOENT') throw filesError('remove', path, cause);
  });
}

function held(
  path: string,
  cause?: unknown,
  by = 'another process',
  hint = 'wait for it to end, or stop it',
): FilesError {
  return new FilesError('held', path, `${path} is locked by ${by}`, { cause, hint });
}
