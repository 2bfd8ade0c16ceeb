import type { Stats } from 'node:fs';
import { FilesError } from '../errors.js';

/** Reading and writing, for the group and for everybody. */
const OPENS_TO_OTHERS = 0o066;

interface Asked {
  readonly mode: number;
  readonly owner?: { readonly uid: number; readonly gid: number } | undefined;
}

/**
 * Demands that a file system keeps the mode and the owner that were set: some ignore both and report success (vfat
 * mounted with `quiet`, CIFS, FUSE).
 * @param how `privately`: nobody may read or write more than was asked for; `exactly`: all is as asked for
 * @throws FilesError `not_private`
 */
export function demandHeld(path: string, found: Stats, { mode, owner }: Asked, how: 'privately' | 'exactly'): void {
  const given = found.mode & 0o7777;
  const excess = how === 'exactly' ? given ^ mode : given & ~mode & OPENS_TO_OTHERS;
  const isOwned = owner === undefined || (found.uid === owner.uid && found.gid === owner.gid);
  if (excess === 0 && isOwned) return;
  const what = excess === 0 ? `owner ${found.uid}:${found.gid}` : `mode ${given.toString(8).padStart(4, '0')}`;
  throw new FilesError('not_private', path, `the file system of ${path} gives it ${what} and keeps no other`, {
    hint: 'choose a path on a file system that keeps modes and owners, unlike vfat or CIFS, or mount it with the ones that you want',
  });
}
