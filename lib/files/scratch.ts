import {
  chmodSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statfsSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { filesError } from './errors.js';
import { readFileLimited } from './read.js';

/** statfs(2): what a file system in memory calls itself. */
const TMPFS_MAGIC = 0x01021994;
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
    remove(folder);
    release();
    process.kill(process.pid, signal);
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
    return await work({ path, inMemory, read: (maxBytes) => readFileLimited(path, maxBytes) });
  } catch (cause) {
    if (cause instanceof Error && 'syscall' in cause) throw filesError('write', path, cause);
    throw cause;
  } finally {
    remove(folder);
    release();
  }
}

/** Where the folders are made, the best place first. */
export function scratchRoots(): string[] {
  return [...possibleMemoryRoots(), tmpdir()];
}

/** The folders of this machine that lie in memory only. */
export function memoryRoots(): string[] {
  return possibleMemoryRoots().filter(isInMemory);
}

/** Whether a folder of this name may be one of those that are lent. */
export function isScratchFolder(name: string): boolean {
  return SCRATCH_NAME.test(name);
}

function possibleMemoryRoots(): string[] {
  const uid = process.getuid?.() ?? 0;
  return [process.env.XDG_RUNTIME_DIR ?? `/run/user/${uid}`, '/dev/shm'];
}

function isInMemory(root: string): boolean {
  try {
    return statfsSync(root).type === TMPFS_MAGIC;
  } catch {
    return false; // not here, or not for this user
  }
}

function makeFolder(): { folder: string; inMemory: boolean } {
  for (const root of memoryRoots()) {
    try {
      return { folder: makeIn(root), inMemory: true };
    } catch {
      // Not for this user.
    }
  }
  try {
    return { folder: makeIn(tmpdir()), inMemory: false };
  } catch (cause) {
    throw filesError('make a folder in', tmpdir(), cause);
  }
}

function makeIn(root: string): string {
  const folder = mkdtempSync(join(root, PREFIX));
  chmodSync(folder, 0o700);
  return folder;
}

/** Synchronous, because a signal doesn't wait. */
function remove(folder: string): void {
  for (const name of readdirSync(folder, { recursive: true }) as string[]) {
    const path = join(folder, name);
    const found = lstatSync(path);
    if (!found.isFile()) continue;
    writeFileSync(path, Buffer.alloc(found.size), { flag: 'r+' });
    truncateSync(path);
  }
  rmSync(folder, { recursive: true, force: true });
}
