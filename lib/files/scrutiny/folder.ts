import { constants } from 'node:fs';
import { access, mkdir, open, rm, rmdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errnoOf, FilesError, filesError } from '../errors.js';

/**
 * Makes the folder, and the missing ones above it, with `mode`, and returns once they would survive a power cut.
 * A folder that is there already stays as it is.
 */
export async function ensureDir(path: string, mode: number): Promise<void> {
  try {
    await mkdir(path, { mode });
  } catch (cause) {
    const parent = dirname(path);
    if (errnoOf(cause) === 'ENOENT' && parent !== path) {
      await ensureDir(parent, mode);
      return ensureDir(path, mode);
    }
    if (errnoOf(cause) !== 'EEXIST') throw filesError('make the folder', path, cause);
    await demandFolder(path);
    return;
  }
  await syncDir(dirname(path));
}

/** Makes the names in a folder durable: after it, what was created, renamed or removed there survives a power cut. */
export async function syncDir(path: string): Promise<void> {
  try {
    const folder = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  } catch (cause) {
    throw filesError('flush the folder', path, cause);
  }
}

/** Removes the folder if it is empty. @returns whether it was. */
export async function removeEmptyDir(path: string): Promise<boolean> {
  try {
    await rmdir(path);
  } catch (cause) {
    if (errnoOf(cause) === 'ENOTEMPTY') return false;
    throw filesError('remove the folder', path, cause);
  }
  await syncDir(dirname(path));
  return true;
}

/** Removes a file or a folder with all that is in it; not there is fine. Links are removed, never followed. */
export async function removeTree(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
    await syncDir(dirname(path));
  } catch (cause) {
    throw filesError('remove', path, cause);
  }
}

/** Demands that this user can make a file in the folder, as far as its mode says. @throws FilesError */
export async function demandWritable(folder: string): Promise<void> {
  try {
    await access(folder, constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw filesError('write to', folder, cause);
  }
}

async function demandFolder(path: string): Promise<void> {
  const found = await stat(path).catch((cause) => {
    throw filesError('look at', path, cause);
  });
  if (!found.isDirectory()) {
    throw new FilesError('not_regular', path, `can't make the folder ${path}: something else has that name`);
  }
}
