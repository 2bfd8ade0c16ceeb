import { type Dirent, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf, filesError } from '../errors.js';
import { isTemporaryName } from '../temporary-name.js';
import { isScratchFolder, scratchRoots } from './scratch.js';

/**
 * The paths of all unfinished files and folders below a folder that have not changed since a time: younger ones may
 * belong to a writer at work. Links aren't followed.
 * @throws FilesError for a folder that can't be read
 */
export function findLeftovers(folder: string, beforeMs: number): string[] {
  return entriesOf(folder).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (isTemporaryName(entry.name)) return isOlder(path, beforeMs) ? [path] : [];
    return entry.isDirectory() ? findLeftovers(path, beforeMs) : [];
  });
}

/** The folders of this user that an editor of secrets was lent and that nobody wiped, because it was killed. */
export function findAbandonedScratch(beforeMs: number): string[] {
  const uid = process.geteuid?.();
  return scratchRoots().flatMap((root) => {
    const names = readdirIfThere(root).filter((entry) => entry.isDirectory() && isScratchFolder(entry.name));
    const paths = names.map(({ name }) => join(root, name));
    return paths.filter((path) => isOlder(path, beforeMs) && lstatSync(path).uid === uid);
  });
}

function isOlder(path: string, beforeMs: number): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  return found !== undefined && found.mtimeMs < beforeMs;
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (cause) {
    if (errnoOf(cause) === 'ENOENT') return [];
    throw filesError('read the folder', folder, cause);
  }
}

function readdirIfThere(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return []; // not here, or not for this user
  }
}
