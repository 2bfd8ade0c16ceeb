import { accessSync, constants, statfsSync } from 'node:fs';
import { errnoOf, filesError } from '../errors.js';

export interface FreeSpace {
  /** For this user: what is kept for root doesn't count. */
  readonly bytes: number;
  /** How many more files and folders fit; undefined where the file system sets no limit. */
  readonly files: number | undefined;
  readonly readOnly: boolean;
}

/** What is left on the file system of a file or a folder. @throws FilesError `not_found`, `no_permission`, `io` */
export function freeSpace(path: string): FreeSpace {
  try {
    const { bavail, bsize, files, ffree } = statfsSync(path);
    return { bytes: bavail * bsize, files: files === 0 ? undefined : ffree, readOnly: isReadOnly(path) };
  } catch (cause) {
    throw filesError('look at the file system of', path, cause);
  }
}

/** access(2) says so even to root, and before it looks at who may write. */
function isReadOnly(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return false;
  } catch (error) {
    return errnoOf(error) === 'EROFS';
  }
}
