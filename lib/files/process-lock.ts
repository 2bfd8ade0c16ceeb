import { readdir } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { fromUtf8, utf8 } from '../base/index.js';
import { FilesError, filesError } from './errors.js';
import { removeFile } from './move.js';
import { describeProcess } from './process-mark.js';
import { readFileLimited } from './read.js';
import { createFileExclusive, writeFileAtomic } from './write.js';

/** A lock that one process holds for as long as it lives. */
export interface ProcessLock {
  release(): Promise<void>;
}

/**
 * Takes the lock, also from an owner who died without releasing it.
 *
 * The lock is a row of files `<path>.<n>`, each holding its owner's process id, start time and boot; the owner of the
 * highest one has the lock. Numbers only grow and the highest file is never removed, so that of several who find a
 * dead owner one creates the next file, and one who looked long ago can't take away a lock that was taken since.
 * @throws FilesError `held` while its owner lives; the message names the process.
 */
export async function acquireProcessLock(path: string): Promise<ProcessLock> {
  const last = (await generations(path)).at(-1) ?? 0;
  if (last > 0) await demandDeadOwner(path, last);
  const mine = `${path}.${last + 1}`;
  try {
    await createFileExclusive(mine, utf8(await describeProcess(process.pid)), { mode: 0o600 });
  } catch (cause) {
    if (cause instanceof FilesError && cause.code === 'exists') throw held(path, 'another process', cause);
    throw cause;
  }
  const all = await generations(path);
  if (all.at(-1) !== last + 1) {
    await removeFile(mine);
    throw held(path, 'another process');
  }
  for (const earlier of all.slice(0, -1)) await removeFile(`${path}.${earlier}`);
  return { release: () => writeFileAtomic(mine, utf8(''), { mode: 0o600 }) };
}

async function generations(path: string): Promise<number[]> {
  const prefix = `${basename(path)}.`;
  const names = await readdir(dirname(path)).catch((cause) => {
    throw filesError('lock', path, cause);
  });
  return names
    .filter((name) => name.startsWith(prefix) && /^[1-9][0-9]{0,14}$/.test(name.slice(prefix.length)))
    .map((name) => Number(name.slice(prefix.length)))
    .sort((a, b) => a - b);
}

/** The id of the process that holds the lock, undefined where nobody does. @throws FilesError */
export async function processLockOwner(path: string): Promise<number | undefined> {
  const last = (await generations(path)).at(-1) ?? 0;
  return last === 0 ? undefined : livingOwner(path, last);
}

async function demandDeadOwner(path: string, generation: number): Promise<void> {
  const pid = await livingOwner(path, generation);
  if (pid !== undefined) throw held(path, `process ${pid}`);
}

async function livingOwner(path: string, generation: number): Promise<number | undefined> {
  const owner = fromUtf8(await readFileLimited(`${path}.${generation}`, 256));
  const pid = Number(/^[1-9][0-9]*/.exec(owner)?.[0] ?? 0);
  return pid > 0 && (await describeProcess(pid)) === owner ? pid : undefined;
}

function held(path: string, by: string, cause?: unknown): FilesError {
  return new FilesError('held', path, `${path} is locked by ${by}`, { cause, hint: 'wait for it to end, or stop it' });
}
