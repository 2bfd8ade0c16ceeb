import { type FSWatcher, watch } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { isTemporaryName } from './temporary-name.js';

export interface WatchOptions {
  /** How long the tree must be quiet before `onChange` is called. */
  debounceMs: number;
  /** How often `onChange` is called whatever happens, because the system's notifications may get lost. */
  rescanMs?: number;
}

export interface TreeWatcher {
  /** Resolves when every folder is watched: a change from then on is noticed at once. */
  readonly ready: Promise<void>;
  /** Stops; `onChange` isn't called any more. */
  close(): void;
}

interface WatchedFolder {
  inode: number;
  watcher: FSWatcher;
}

/**
 * Calls `onChange` when something below `dir` may have changed: it is a hint to look, not news. Many changes give one
 * call, and calls never overlap. Temporary names are ignored. The folder may appear later, or vanish and come back.
 * `onChange` must handle its own failures.
 */
export function watchTree(dir: string, onChange: () => Promise<void> | void, options: WatchOptions): TreeWatcher {
  // One watch per folder: `recursive` would take one per file on Linux, and the system has few.
  const watched = new Map<string, WatchedFolder>();
  let closed = false;
  let running = false;
  let again = false;
  let timer: NodeJS.Timeout | undefined;
  const rescan = setInterval(look, options.rescanMs ?? 30_000);

  function hint(name: string | null): void {
    if (name !== null && isTemporaryName(basename(name))) return;
    clearTimeout(timer);
    timer = setTimeout(look, options.debounceMs);
  }

  async function look(): Promise<void> {
    again = true;
    if (running) return;
    running = true;
    while (again && !closed) {
      again = false;
      await follow(); // before onChange looks, so that nothing can change between the look and the watch
      if (!closed) await onChange();
    }
    running = false;
  }

  /** Watches the folders that are there, and lets go of those that aren't any more. */
  async function follow(): Promise<void> {
    const seen = new Set<string>();
    await followBelow(dir, seen);
    for (const folder of watched.keys()) if (!seen.has(folder)) stop(folder);
  }

  async function followBelow(folder: string, seen: Set<string>): Promise<void> {
    const found = await stat(folder).catch(() => undefined);
    if (found === undefined || closed) return;
    seen.add(folder);
    if (watched.get(folder)?.inode !== found.ino) start(folder, found.ino);
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
    for (const entry of entries) if (entry.isDirectory()) await followBelow(join(folder, entry.name), seen);
  }

  function start(folder: string, inode: number): void {
    stop(folder);
    try {
      const watcher = watch(folder, (_, name) => hint(name));
      watcher.on('error', () => stop(folder));
      watched.set(folder, { inode, watcher });
    } catch {
      // Gone again, or the system has no watches left: the rescan comes by.
    }
  }

  function stop(folder: string): void {
    watched.get(folder)?.watcher.close();
    watched.delete(folder);
  }

  return {
    ready: follow(),
    close() {
      closed = true;
      clearTimeout(timer);
      clearInterval(rescan);
      for (const folder of [...watched.keys()]) stop(folder);
    },
  };
}
