import { link, rename, symlink, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { filesError } from '../errors.js';
import { syncDir } from '../scrutiny/folder.js';
import { temporaryPath } from '../temporary-name.js';

/** Renames a file or a folder within one file system, durably. A file that has the new name is replaced. */
export async function moveFile(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (cause) {
    throw filesError('move a file to', to, cause);
  }
  await syncDir(dirname(to));
  if (dirname(from) !== dirname(to)) await syncDir(dirname(from));
}

/**
 * Gives a file a second name (a hard link), durably.
 * @throws FilesError `exists` where something has that name.
 */
export async function linkFile(existing: string, name: string): Promise<void> {
  try {
    await link(existing, name);
  } catch (cause) {
    throw filesError('link', name, cause);
  }
  await syncDir(dirname(name));
}

/** Removes a file or a link, durably. @throws FilesError `not_found` */
export async function removeFile(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (cause) {
    throw filesError('remove', path, cause);
  }
  await syncDir(dirname(path));
}

/** Points the symbolic link at `target`, at once: a reader sees the old target or the new one. */
export async function swapLink(path: string, target: string): Promise<void> {
  const temporary = temporaryPath(dirname(path));
  try {
    await symlink(target, temporary);
    await rename(temporary, path).catch(async (cause) => {
      await unlink(temporary).catch(() => {});
      throw cause;
    });
  } catch (cause) {
    throw filesError('set the link', path, cause);
  }
  await syncDir(dirname(path));
}
