import { constants, type Stats } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { FilesError, filesError } from './errors.js';

export interface Attributes {
  mode?: number | undefined;
  owner?: { uid: number; gid: number } | undefined;
}

/**
 * Sets mode and owner of a regular file or a folder; a link isn't followed, and a file is refused where its name may be
 * somebody else's doing. Between the steps the mode is never wider than both the old and the new one allow.
 * @throws FilesError `not_found`, `not_regular`, `no_permission`
 */
export async function setAttributes(path: string, { mode, owner }: Attributes): Promise<void> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
    try {
      const found = await file.stat();
      if (!found.isDirectory()) demandOwnName(path, found, await stat(dirname(path)));
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

/**
 * Whoever may write in a folder can give a file of somebody else a name there, and take away its other name once the
 * file is open: the count of names proves nothing, only who could have made this one does.
 */
function demandOwnName(path: string, found: Stats, folder: Stats): void {
  if (!found.isFile() || found.nlink !== 1) {
    throw new FilesError('not_regular', path, `${path} is neither a folder nor a file with this name alone`);
  }
  const isOurs = folder.uid === 0 || folder.uid === process.geteuid?.();
  if ((folder.mode & 0o022) === 0 && (isOurs || found.uid === folder.uid)) return;
  throw new FilesError('not_regular', path, `${path} may be another user's file: others can write in its folder`, {
    hint: 'declare the content as well, or let nobody but the owner of the file and root write in the folder',
  });
}
