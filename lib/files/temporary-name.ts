import { randomBytes } from 'node:crypto';
import { join } from 'node:path';

const PREFIX = '.vigo-tmp-';
const TEMPORARY_NAME = /^\.vigo-tmp-[0-9a-f]{24}$/;

/**
 * A path in `folder` for a file that isn't finished. It tells nothing about the file's future name, which may be the
 * name of a secret; it is unguessable, so that nobody can have put a link there.
 */
export function temporaryPath(folder: string): string {
  return join(folder, PREFIX + randomBytes(12).toString('hex'));
}

/** Whether a file of this name is an unfinished one, perhaps left behind by a crash, that no reader should look at. */
export function isTemporaryName(name: string): boolean {
  return TEMPORARY_NAME.test(name);
}
