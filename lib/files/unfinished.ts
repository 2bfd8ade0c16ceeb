import { lstat, readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { isTemporaryName } from './temporary-name.js';

/**
 * Removes the files that a crash left unfinished right in a folder: they may hold a secret that nobody will ever
 * rotate. Only for who alone writes there, and only files of this process's user; what can't be removed stays.
 */
export async function removeUnfinished(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    if (isTemporaryName(name)) await removeOwn(join(folder, name)).catch(() => {});
  }
}

async function removeOwn(path: string): Promise<void> {
  const found = await lstat(path);
  if (found.isFile() && found.uid === process.geteuid?.()) await unlink(path);
}
