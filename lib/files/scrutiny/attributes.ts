import { constants, type Stats } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { VigoError } from '../../base/index.js';
import { FilesError, filesError } from '../errors.js';
import { type FoldersAbove, isOurs } from './anchor.js';
import { demandHeld } from './held-attributes.js';

const STICKY = 0o1000;

export interface Attributes {
  mode?: number | undefined;
  owner?: { uid: number; gid: number } | undefined;
}

export interface SetOptions {
  /** What is known of the way to it, where others may have exchanged a folder above. */
  above?: Pick<FoldersAbove, 'exchangers'>;
  /**
   * Says with an error why it may not be handed over. Runs before it is, and again when its old owner can't change it any
   * more, with a path by which every process of this user can open it.
   */
  beforeHandover?: (opened: string) => Promise<void>;
}

/**
 * Sets mode and owner of a regular file or a folder. Doesn't follow a link, and refuses what another user may have given
 * its name. Between the steps the mode is never wider than both the old and the new one allow.
 * @throws FilesError `not_found`, `not_regular`, `no_permission`; `not_private` where the file system keeps neither
 */
export async function setAttributes(
  path: string,
  { mode, owner }: Attributes,
  { above, beforeHandover }: SetOptions = {},
): Promise<void> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
    try {
      const found = await file.stat();
      const newOwner = owner?.uid ?? found.uid;
      demandOwnName(path, found, await stat(dirname(path)), newOwner);
      demandOwnFolders(path, found, newOwner, above);
      const finalMode = mode ?? found.mode & 0o7777;
      if (owner !== undefined) {
        const opened = `/proc/${process.pid}/fd/${file.fd}`;
        await beforeHandover?.(opened);
        await file.chmod(found.mode & finalMode & 0o777);
        await file.chown(owner.uid, owner.gid);
        await beforeHandover?.(opened).catch(async (cause) => {
          await file.chown(found.uid, found.gid);
          await file.chmod(found.mode & 0o7777);
          throw cause;
        });
      }
      await file.chmod(finalMode); // after chown, which clears the set-id bits
      demandHeld(path, await file.stat(), { mode: finalMode, owner }, 'exactly');
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw cause instanceof VigoError ? cause : filesError('set mode and owner of', path, cause);
  }
}

/**
 * Demands that nobody but root and the owner of what is found can have given it its name: who can write in a folder can
 * rename another user's folder to that name, or link another user's file. The count of a file's names proves nothing,
 * because the other name can be removed once the file is open.
 */
function demandOwnName(path: string, found: Stats, folder: Stats, newOwner: number): void {
  if (!found.isDirectory() && (!found.isFile() || found.nlink !== 1)) {
    throw new FilesError('not_regular', path, `${path} is neither a folder nor a file with this name alone`);
  }
  const othersWrite = (folder.mode & 0o022) !== 0;
  if (!othersWrite && (isOurs(folder.uid) || found.uid === folder.uid)) return;
  // In a sticky folder (like /tmp) only its owner, root and the owner of a folder can rename that folder.
  const isSticky = (folder.mode & STICKY) !== 0 && isOurs(folder.uid);
  if (isSticky && found.isDirectory() && (isOurs(found.uid) || found.uid === newOwner)) return;
  throw mayBeAnothers(path, found, 'others can write in its folder');
}

/** Demands the same of the folders above: who renames one of them gives all that is in the other one a declared name. */
function demandOwnFolders(path: string, found: Stats, newOwner: number, above: SetOptions['above']): void {
  for (const exchanger of above?.exchangers ?? []) {
    const isHis = exchanger === 'anybody' ? found.uid === newOwner && !isOurs(found.uid) : found.uid === exchanger;
    if (!isHis) throw mayBeAnothers(path, found, 'others can rename a folder above it');
  }
}

function mayBeAnothers(path: string, found: Stats, because: string): FilesError {
  const [what, hint] = found.isDirectory()
    ? ['folder', 'set its mode and owner by hand, or let only root write in the folders above it']
    : ['file', 'declare the content as well, or let only root and the owner of the file write in the folders above it'];
  return new FilesError('not_regular', path, `${path} may be another user's ${what}: ${because}`, { hint });
}
