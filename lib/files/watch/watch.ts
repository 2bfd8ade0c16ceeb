import { lstat } from 'node:fs/promises';
import { relative } from 'node:path';
import { isTemporaryName } from '../temporary-name.js';
import { FolderWatches } from './folder-watches.js';

/** From so many paths at once on, looking at everything is cheaper, and safer: the system's queue may have overflown. */
const MAX_PATHS = 1000;
const RETRY_MS = 1000;

export interface WatchOptions {
  /** How long the tree must be quiet before `onChange` is called, so that many changes are one batch. */
  readonly quietMs?: number;
  /** How long changes that never pause may put that off. */
  readonly batchMs?: number;
  /** How often folders are looked at for which the system has no notifications. */
  readonly pollMs?: number;
  /** How often everything is looked at whatever happens, because a notification may get lost. */
  readonly rescanMs?: number;
  /** The most notifications that are taken from the system, one per folder: other programs need them, too. */
  readonly maxWatches?: number;
  /** Names, of files and folders, that are left out with all that is below them. */
  readonly isHidden?: (name: string) => boolean;
}

/** The paths below the tree, relative to it, of what may have changed; undefined where that may be anything. */
export type ChangedPaths = ReadonlySet<string> | undefined;

export interface TreeWatcher {
  /** Resolves when every folder is watched: a change from then on is noticed at once. */
  readonly ready: Promise<void>;
  /** Stops; `onChange` isn't called any more. */
  close(): void;
}

/**
 * Calls `onChange` when something below `dir` may have changed: it is a hint to look, not news. Many changes give one
 * call, and calls never overlap. Where it fails, it is called again a second later, about everything. Temporary names
 * are left out. The folder may appear later, or vanish and come back.
 *
 * A file that is written in place in a folder without notifications is found by the rescan; one that is renamed into its
 * place, by the poll.
 */
export function watchTree(
  dir: string,
  onChange: (changed: ChangedPaths) => Promise<void>,
  options: WatchOptions = {},
): TreeWatcher {
  const { quietMs = 100, batchMs = 400, pollMs = 400, rescanMs = 60_000, maxWatches = 65_536 } = options;
  const isHidden = (name: string) => isTemporaryName(name) || options.isHidden?.(name) === true;
  const folders = new FolderWatches(dir, { isHidden, maxWatches }, hint);
  let paths = new Set<string>();
  let isAnything = false;
  let closed = false;
  let running = false;
  let quiet: NodeJS.Timeout | undefined;
  let latest: NodeJS.Timeout | undefined;
  const rescan = setInterval(lookAtAll, rescanMs);
  let poll = setTimeout(pollFolders, pollMs);

  function hint(path: string | undefined): void {
    if (path === undefined || paths.size >= MAX_PATHS) isAnything = true;
    else paths.add(path);
    if (running) return; // it looks again before it ends
    clearTimeout(quiet);
    quiet = setTimeout(look, quietMs);
    latest ??= setTimeout(look, batchMs);
  }

  function lookAtAll(): void {
    isAnything = true;
    look();
  }

  async function pollFolders(): Promise<void> {
    // What can't be polled is looked at.
    if (await folders.poll().catch(() => true)) lookAtAll();
    if (!closed) poll = setTimeout(pollFolders, pollMs);
  }

  function look(): void {
    if (running || closed) return;
    running = true;
    clearTimeout(quiet);
    clearTimeout(latest);
    latest = undefined;
    lookOnce().then(
      () => settle(quietMs, batchMs),
      () => {
        isAnything = true;
        settle(RETRY_MS, RETRY_MS);
      },
    );
  }

  function settle(afterQuietMs: number, atLatestMs: number): void {
    running = false;
    if (closed || (!isAnything && paths.size === 0)) return;
    quiet = setTimeout(look, afterQuietMs);
    latest = setTimeout(look, atLatestMs);
  }

  async function lookOnce(): Promise<void> {
    const batch = paths;
    paths = new Set();
    const isAllDue = isAnything;
    isAnything = false;
    const isAll = isAllDue || (await holdsFolder(batch));
    // Before anybody looks, so that nothing can change between the look and the watch.
    if (isAll) await folders.follow();
    if (!closed) await onChange(isAll ? undefined : new Set([...batch].map((path) => relative(dir, path))));
  }

  return {
    ready: folders.follow(),
    close() {
      closed = true;
      for (const timer of [quiet, latest, poll]) clearTimeout(timer);
      clearInterval(rescan);
      folders.close();
    },
  };
}

/** A folder that is new, and all that is in it by now. */
async function holdsFolder(paths: Iterable<string>): Promise<boolean> {
  for (const path of paths) {
    const found = await lstat(path).catch(() => undefined);
    if (found?.isDirectory()) return true;
  }
  return false;
}
