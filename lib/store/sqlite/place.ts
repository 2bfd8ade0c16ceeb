import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { checkPrivateFile, createFileExclusive, ensureDir, FilesError } from '../../files/index.js';
import { StoreError } from '../errors.js';

/**
 * Makes the folder (0700) and an empty database file (0600) where they are missing; a file that is there must be
 * private. SQLite gives its `-wal` and `-shm` the mode of the database.
 *
 * A database that is in use is never opened by anything but SQLite: closing any other descriptor of it would drop the
 * locks that this process holds on it (https://sqlite.org/howtocorrupt.html section 2.2).
 * @throws StoreError `unavailable`
 */
export async function preparePlace(path: string): Promise<void> {
  await asStoreError(async () => {
    await ensureDir(dirname(path), 0o700);
    if (!existsSync(path)) await createEmpty(path);
    await checkPrivateFile(path);
  });
}

/** The same for a file that must be there. @throws StoreError `unavailable` */
export async function demandPrivatePlace(path: string): Promise<void> {
  await asStoreError(() => checkPrivateFile(path));
}

async function asStoreError(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    if (!(cause instanceof FilesError)) throw cause;
    throw new StoreError('unavailable', cause.message, { hint: cause.hint, cause });
  }
}

async function createEmpty(path: string): Promise<void> {
  try {
    await createFileExclusive(path, new Uint8Array(), { mode: 0o600 });
  } catch (error) {
    // Another process was faster, and its file is as good.
    if (!(error instanceof FilesError && error.code === 'exists')) throw error;
  }
}
