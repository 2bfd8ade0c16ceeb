import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { createFileExclusive, FilesError } from '../../files/index.js';
import { StoreError, toStoreError } from '../errors.js';
import { type Connection, loadDriver } from './driver.js';

/** The database as it was at one moment, while others go on writing. */
export interface PinnedDatabase {
  /** The digest of the config that was live. */
  readonly live: string | undefined;
  /**
   * Copies it to a new file (0600), consistent in itself and with nothing beside it.
   * @throws StoreError `full`, `unavailable`
   */
  copyTo(path: string): Promise<void>;
  close(): void;
}

/** So many pages between two looks at what else there is to do. */
const PAGES_PER_STEP = 1000;

/**
 * Pins the database as it is now: a read transaction, which in WAL mode sees its moment for as long as it lasts and
 * keeps no writer waiting.
 * @throws StoreError `driver_missing`, `unavailable`, `corrupt`
 */
export async function pinDatabase(file: string): Promise<PinnedDatabase> {
  const Database = await loadDriver();
  if (!existsSync(file)) throw new StoreError('unavailable', `there is no database ${file}`);
  let db: Connection | undefined;
  try {
    const opened = new Database(resolve(file), { readonly: true, fileMustExist: true });
    db = opened;
    opened.exec('BEGIN');
    const newest = opened.prepare('SELECT digest FROM publications ORDER BY policy_version DESC LIMIT 1').pluck();
    const live = newest.get() as string | undefined;
    return { live, copyTo: (path) => copy(opened, resolve(path)), close: () => void opened.close() };
  } catch (error) {
    db?.close();
    throw toStoreError(error);
  }
}

async function copy(db: Connection, path: string): Promise<void> {
  try {
    // SQLite would make it with a mode of its own.
    await createFileExclusive(path, new Uint8Array(), { mode: 0o600 });
    await db.backup(path, { progress: () => PAGES_PER_STEP });
  } catch (cause) {
    if (!(cause instanceof FilesError)) throw toStoreError(cause);
    const code = cause.code === 'no_space' ? 'full' : 'unavailable';
    throw new StoreError(code, `the database can't be copied to ${dirname(path)}: ${cause.message}`, {
      cause,
      hint: cause.hint,
    });
  }
}
