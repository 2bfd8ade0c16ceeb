import { type FSWatcher, watch } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';

/** A folder whose time of change is younger may change again without showing it: a file system's clock ticks slowly. */
const TICK_MS = 100;

export interface FolderWatchesOptions {
  /** Names, of files and folders, that nobody wants to hear of. */
  readonly isHidden: (name: string) => boolean;
  /** The most folders that are watched by the system's notifications. */
  readonly maxWatches: number;
}

interface WatchedFolder {
  readonly inode: bigint;
  readonly watcher: FSWatcher;
}

/** What a folder looked like; undefined where it wasn't there. */
type Sight = { readonly inode: bigint; readonly changedNs: bigint } | undefined;

/**
 * Follows all folders of a tree. By one notification each: `recursive` would take one per file on Linux. Folders for
 * which there is none, because the system or our share of it is exhausted, or because they aren't there yet, are polled.
 */
export class FolderWatches {
  readonly #dir: string;
  readonly #options: FolderWatchesOptions;
  readonly #onHint: (path: string | undefined) => void;
  readonly #watched = new Map<string, WatchedFolder>();
  readonly #polled = new Map<string, Sight | 'too young'>();
  #closed = false;

  /** @param onHint hears the path of what may have changed, undefined where that may be anything */
  constructor(dir: string, options: FolderWatchesOptions, onHint: (path: string | undefined) => void) {
    this.#dir = dir;
    this.#options = options;
    this.#onHint = onHint;
  }

  /** Follows the folders that are there now, and lets go of those that aren't any more. */
  async follow(): Promise<void> {
    const seen = new Set<string>([this.#dir]);
    await this.#followBelow(this.#dir, seen);
    for (const folder of this.#watched.keys()) if (!seen.has(folder)) this.#stop(folder);
    for (const folder of this.#polled.keys()) if (!seen.has(folder)) this.#polled.delete(folder);
  }

  /** Whether one of the polled folders may have changed since it was followed. */
  async poll(): Promise<boolean> {
    for (const [folder, before] of this.#polled) {
      const now = await sightOf(folder);
      if (before === 'too young' || before?.inode !== now?.inode || before?.changedNs !== now?.changedNs) return true;
    }
    return false;
  }

  close(): void {
    this.#closed = true;
    for (const folder of [...this.#watched.keys()]) this.#stop(folder);
    this.#polled.clear();
  }

  async #followBelow(folder: string, seen: Set<string>): Promise<void> {
    const sight = await sightOf(folder);
    if (this.#closed) return;
    this.#followOne(folder, sight);
    if (sight === undefined) return;
    seen.add(folder);
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
    const folders = entries.filter((entry) => entry.isDirectory() && !this.#options.isHidden(entry.name));
    await Promise.all(folders.map(({ name }) => this.#followBelow(join(folder, name), seen)));
  }

  #followOne(folder: string, sight: Sight): void {
    if (sight !== undefined && this.#watched.get(folder)?.inode === sight.inode) return;
    this.#stop(folder);
    if (sight !== undefined && this.#start(folder, sight.inode)) this.#polled.delete(folder);
    else this.#polled.set(folder, isYoung(sight) ? 'too young' : sight);
  }

  #start(folder: string, inode: bigint): boolean {
    if (this.#watched.size >= this.#options.maxWatches) return false;
    try {
      const watcher = watch(folder, (_, name) => this.#heard(folder, name));
      watcher.on('error', () => this.#stop(folder));
      this.#watched.set(folder, { inode, watcher });
      return true;
    } catch {
      return false; // the system has none left, or the folder is gone again
    }
  }

  #heard(folder: string, name: string | null): void {
    if (name !== null && this.#options.isHidden(name)) return;
    const isOwn = name === null || name === basename(folder);
    // That is how the end of a folder is told. Another one may be there by now, and even have the inode of the first.
    if (isOwn) this.#stop(folder);
    const path = isOwn ? undefined : join(folder, name);
    this.#onHint(path === undefined || this.#watched.has(path) || this.#polled.has(path) ? undefined : path);
  }

  #stop(folder: string): void {
    this.#watched.get(folder)?.watcher.close();
    this.#watched.delete(folder);
  }
}

async function sightOf(folder: string): Promise<Sight> {
  const found = await stat(folder, { bigint: true }).catch(() => undefined);
  return found?.isDirectory() ? { inode: found.ino, changedNs: found.ctimeNs } : undefined;
}

function isYoung(sight: Sight): boolean {
  return sight !== undefined && Math.abs(Date.now() - Number(sight.changedNs / 1_000_000n)) < TICK_MS;
}
