import { posix } from 'node:path';

/** The kernel opens none that is longer (PATH_MAX); taking one apart costs the square of its length. */
export const MAX_PATH_LENGTH = 4096;

/** Vigo's own files and folders. */
export class ProtectedPaths {
  readonly #paths: readonly string[];
  readonly #mention: RegExp | undefined;

  constructor(paths: readonly string[]) {
    this.#paths = paths.map((path) => posix.resolve('/', path));
    const escaped = this.#paths.map((path) => path.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
    // Not inside a longer name: /srv/vigo.bak is somebody else's.
    if (escaped.length > 0) this.#mention = new RegExp(`(?<![\\w.-])(${escaped.join('|')})(?![\\w.-])`);
  }

  /** Whether a path is one of them, or lies below one. */
  covers(path: string): boolean {
    const target = posix.resolve('/', path);
    return this.#paths.some((own) => isBelow(target, own));
  }

  /** Whether one of them lies below a path. */
  liesBelow(path: string): boolean {
    const target = posix.resolve('/', path);
    return this.#paths.some((own) => isBelow(own, target));
  }

  /** The first of them that a word of a command names, also in its middle: `--from=/srv/vigo/secrets`. */
  namedIn(word: string): string | undefined {
    const parts = word.split(/[=:,'"()\s]/).filter((part) => part.length <= MAX_PATH_LENGTH);
    for (const spelling of [word, ...parts.map((part) => posix.normalize(part))]) {
      const found = this.#mention?.exec(spelling)?.[1];
      if (found !== undefined) return found;
    }
    return undefined;
  }
}

function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder === '/' ? '/' : `${folder}/`);
}
