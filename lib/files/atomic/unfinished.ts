import { lstat, readdir, unlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ownerOfMark, processMark } from '../process-mark.js';
import { removeUnfinishedFolder } from '../scrutiny/make-folder.js';
import { isTemporaryName } from '../temporary-name.js';

const MARKED = '.vigo-unfinished-';

/**
 * Removes the files and folders that a crash left unfinished right in a folder: a file may hold a secret that will never be
 * rotated. Only for a process that alone writes there. Removes what belongs to its user; what can't be removed stays.
 */
export async function removeUnfinished(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    if (isTemporaryName(name)) await removeOwn(join(folder, name)).catch(() => {});
  }
}

/** A path in a folder for a file of this process that isn't finished: one at a time. */
export async function markedPath(folder: string): Promise<string> {
  return join(folder, MARKED + (await processMark()));
}

/** Removes what processes of this user that are dead left at such paths; what can't be removed stays. */
export async function removeAbandoned(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    if (!name.startsWith(MARKED)) continue;
    const owner = await ownerOfMark(name.slice(MARKED.length));
    if (owner?.is === 'dead') await removeOwn(join(folder, name)).catch(() => {});
  }
}

async function removeOwn(path: string): Promise<void> {
  const found = await lstat(path);
  if (found.uid !== process.geteuid?.()) return;
  if (found.isFile() || found.isSocket()) await unlink(path);
  else if (found.isDirectory() && isTemporaryName(basename(path))) await removeUnfinishedFolder(path);
}
