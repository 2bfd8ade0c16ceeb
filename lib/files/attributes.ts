import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { FilesError, filesError } from './errors.js';

export interface Attributes {
  mode?: number | undefined;
  owner?: { uid: number; gid: number } | undefined;
}

/**
 * Sets mode and owner of a regular file or a folder; a link isn't followed. Between the steps the mode is never wider
 * than both the old and the new one allow.
 * @throws FilesError `not_found`, `not_regular`, `no_permission`
 */
export async function setAttributes(path: string, { mode, owner }: Attributes): Promise<void> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
    try {
      const found = await file.stat();
      // Whoever may write in the folder could have given a file of somebody else this name as well.
      if (!found.isDirectory() && !(found.isFile() && found.nlink === 1)) {
        throw new FilesError('not_regular', path, `${path} is neither a folder nor a file with this name alone`);
      }
      const finalMode = mode ?? found.mode & 0o7777;
      if (owner !== undefined) {
        await file.chmod(found.mode & finalMode & 0o777);
        await file.chown(owner.uid, owner.gid);
      }
      await file.chmod(finalMode); // after chown, which clears the set-id bits
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw filesError('set mode and owner of', path, cause);
  }
}
