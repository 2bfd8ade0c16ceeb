import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What keeps the memory of a process out of core dumps; each undefined where it can't be seen. */
export interface CoreDumps {
  /** The soft limit in bytes, as the kernel writes it: `0`, `unlimited`. */
  readonly limit: string | undefined;
  /** Which kinds of memory a dump would hold, a set of bits (core(5)): 0 is none. */
  readonly filter: number | undefined;
  /** Whether dumps are piped to a program, for which the limit doesn't hold. */
  readonly piped: boolean | undefined;
}

/** @param pid of a process, or `self`. @param proc where the kernel's files are */
export function readCoreDumps(pid: number | 'self', proc = '/proc'): CoreDumps {
  const limits = read(join(proc, String(pid), 'limits'));
  const filter = read(join(proc, String(pid), 'coredump_filter'));
  return {
    limit: limits === undefined ? undefined : /^Max core file size +(\S+)/m.exec(limits)?.[1],
    filter: filter === undefined ? undefined : Number.parseInt(filter, 16),
    piped: read(join(proc, 'sys/kernel/core_pattern'))?.startsWith('|'),
  };
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined; // not Linux, ended meanwhile, or another user's
  }
}
