import {
  chmodSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statfsSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FilesError, filesError } from '../errors.js';
import { readFileLimited } from '../read.js';

/** statfs(2): what a file system in memory calls itself. */
const TMPFS_MAGIC = 0x01021994;
const STICKY = 0o1000;
const PREFIX = 'vigo-';
/** With the six characters that mkdtemp(3) adds. */
const SCRATCH_NAME = /^vigo-[A-Za-z0-9]{6}$/;
/** A process that is asked to end wipes the file first. SIGINT is the terminal's, and the program in front handles it. */
const SIGNALS = ['SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

export interface Scratch {
  readonly path: string;
  /** Whether it lies in memory only, so that no disk ever holds it. */
  readonly inMemory: boolean;
  /** What the file holds now, in bytes that the caller wipes. @throws FilesError `too_large`, `not_found` */
  read(maxBytes: number): Promise<Uint8Array>;
  /** Whether anybody wrote to the file since it was lent, be it the same again. */
  wasWritten(): boolean;
}

/**
 * Lends a private file (0600, in a folder of its own, 0700) to a program that can work with files only, on a file system
 * in memory where there is one. Whatever ends `work`, a signal too, every file in the folder is overwritten and
 * removed: an editor may have put a copy there.
 */
export async function withScratchFile<T>(bytes: Uint8Array, work: (scratch: Scratch) => Promise<T>): Promise<T> {
  const { folder, inMemory } = makeFolder();
  const path = join(folder, 'value');
  const end = (signal: NodeJS.Signals) => {
    try {
      remove(folder);
    } finally {
      release();
      process.kill(process.pid, signal);
    }
  };
  const ignore = () => {};
  const release = () => {
    for (const signal of SIGNALS) process.off(signal, end);
    process.off('SIGINT', ignore);
  };
  for (const signal of SIGNALS) process.on(signal, end);
  process.on('SIGINT', ignore);
  try {
    writeFileSync(path, bytes, { mode: 0o600, flag: 'wx' });
    utimesSync(path, 0, 0); // whoever writes, in place or by a new file, makes it younger
    return await work({
      path,
      inMemory,
      read: (maxBytes) => readFileLimited(path, maxBytes),
      wasWritten: () => lstatSync(path, { throwIfNoEntry: false })?.mtimeMs !== 0,
    });
  } catch (cause) {
    if (cause instanceof Error && 'syscall' in cause) throw filesError('write', path, cause);
    throw cause;
  } finally {
    try {
      remove(folder);
    } finally {
      release();
    }
  }
}

/** Where the folders are made, the best place first. */
export function scratchRoots(): string[] {
  return [...possibleMemoryRoots(), tmpdir()];
}

/** The folders of this machine that lie in memory only, and in which nobody else can exchange what this user made. */
export function memoryRoots(): string[] {
  return possibleMemoryRoots().filter((root) => {
    try {
      return statfsSync(root).type === TMPFS_MAGIC && isSafe(root);
    } catch {
      return false; // not here, or not for this user
    }
  });
}

/** Whether a folder of this name may be one of those that are lent. */
export function isScratchFolder(name: string): boolean {
  return SCRATCH_NAME.test(name);
}

function possibleMemoryRoots(): string[] {
  const uid = process.getuid?.() ?? 0;
  return [process.env.XDG_RUNTIME_DIR ?? `/run/user/${uid}`, '/dev/shm'];
}

function makeFolder(): { folder: string; inMemory: boolean } {
  for (const root of memoryRoots()) {
    try {
      return { folder: makeIn(root), inMemory: true };
    } catch {
      // Not for this user.
    }
  }
  const root = tmpdir();
  try {
    if (isSafe(root)) return { folder: makeIn(root), inMemory: false };
  } catch (cause) {
    throw filesError('make a folder in', root, cause);
  }
  throw new FilesError('not_private', root, `others than this user can exchange what lies in ${root}`, {
    hint: 'let TMPDIR name a folder that is yours alone',
  });
}

/**
 * Whether nobody but this user and root can put something else in the place of a folder made here. The environment may
 * be that of a user who became root (`su`, `sudo -E`), and name a folder of theirs.
 */
function isSafe(root: string): boolean {
  const { uid, mode } = statSync(root);
  const isOurs = uid === 0 || uid === process.geteuid?.();
  return isOurs && ((mode & 0o022) === 0 || (mode & STICKY) !== 0);
}

function makeIn(root: string): string {
  const folder = mkdtempSync(join(root, PREFIX));
  chmodSync(folder, 0o700);
  return folder;
}

/** Synchronous, because a signal doesn't wait. @throws FilesError where something stays */
function remove(folder: string): void {
  try {
    wipeBelow(folder);
    rmSync(folder, { recursive: true, force: true });
  } catch (cause) {
    throw filesError('remove', folder, cause);
  }
}

/** Overwrites every file. A link isn't followed: an editor may have left one that leads anywhere. */
function wipeBelow(folder: string): void {
  if (lstatSync(folder, { throwIfNoEntry: false }) === undefined) return;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      chmodSync(path, 0o700); // an editor may have left it, and a file, without permissions
      wipeBelow(path);
    } else if (entry.isFile()) {
      chmodSync(path, 0o600);
      writeFileSync(path, Buffer.alloc(lstatSync(path).size), { flag: 'r+' });
      truncateSync(path);
    }
  }
}
