import { watch } from 'node:fs';
import { PATIENCE_MS } from './resident.js';

/** Resolves when `holds` does, which is looked at now and at each change in a folder. */
export function whenChanged(dir: string, what: string, holds: () => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const patience = setTimeout(() => settle(() => reject(new Error(`it never came about: ${what}`))), PATIENCE_MS);
    const watcher = watch(dir, look);
    watcher.on('error', (error) => settle(() => reject(error)));
    look();

    function look(): void {
      if (holds()) settle(resolve);
    }

    function settle(done: () => void): void {
      clearTimeout(patience);
      watcher.close();
      done();
    }
  });
}

/** Calls `act` once, at the `nth` change in any of the folders, counted from 1. */
export function atChange(dirs: readonly string[], nth: number, act: () => void): { stop(): void } {
  let seen = 0;
  const watchers = dirs.map((dir) =>
    watch(dir, () => {
      if (++seen === nth) act();
    }),
  );
  return {
    stop() {
      for (const watcher of watchers) watcher.close();
    },
  };
}
