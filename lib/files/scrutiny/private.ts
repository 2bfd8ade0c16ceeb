import type { Stats } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { shellWord } from '../../base/index.js';
import { FilesError, filesError } from '../errors.js';

/**
 * Demands that a file is a regular one, that it belongs to the user who runs this process, and that nobody else can
 * read or write it (mode 0600 or tighter).
 * @throws FilesError `not_found`, `not_regular`, `not_private`
 */
export async function checkPrivateFile(path: string): Promise<void> {
  const found = await lstat(path).catch((cause) => {
    throw filesError('look at', path, cause);
  });
  demandRegular(path, found);
  demandPrivate(path, found);
}

export function demandRegular(path: string, found: Stats): void {
  if (found.isFile()) return;
  const what = found.isSymbolicLink() ? 'a symbolic link' : found.isDirectory() ? 'a folder' : 'not a regular file';
  throw new FilesError('not_regular', path, `${path} is ${what}`);
}

export function demandPrivate(path: string, found: Stats): void {
  const mode = found.mode & 0o7777;
  if ((mode & ~0o600) !== 0) {
    throw new FilesError(
      'not_private',
      path,
      `${path} has mode ${mode.toString(8).padStart(4, '0')}, wider than 0600`,
      {
        hint: `find out who could have read it, then: chmod 600 ${shellWord(path)}`,
      },
    );
  }
  demandOwn(path, found, 'run it as the owner, or give the file to the right user with chown');
}

/** Demands that a file or folder belongs to the user who runs this process. @throws FilesError `not_private` */
export function demandOwn(path: string, found: Stats, hint: string): void {
  const uid = process.geteuid?.();
  if (uid === undefined || found.uid === uid) return;
  const message = `${path} belongs to user ${found.uid}, not to user ${uid} who runs this`;
  throw new FilesError('not_private', path, message, { hint });
}
