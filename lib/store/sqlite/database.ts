import { resolve } from 'node:path';
import { StoreError, toStoreError } from '../errors.js';
import { type Connection, loadDriver } from './driver.js';
import { demandPrivatePlace, preparePlace } from './place.js';
import { APPLICATION_ID, MIGRATIONS } from './schema.js';

/** How long a transaction waits for those of other processes. */
const BUSY_TIMEOUT_MS = 10_000;

/**
 * Opens Vigo's database, makes it where there is none, and brings its schema up to date.
 * @throws StoreError `driver_missing`, `newer_schema`, `foreign_database`, `busy`, `corrupt`, `unavailable`
 */
export async function openDatabase(file: string): Promise<Connection> {
  const Database = await loadDriver();
  const path = resolve(file);
  await preparePlace(path);
  let db: Connection | undefined;
  try {
    db = new Database(path, { timeout: BUSY_TIMEOUT_MS });
    requireKnown(db, path);
    // A commit that was answered survives a power cut: in WAL mode that takes FULL, and the driver's default is NORMAL.
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = FULL');
    db.pragma('foreign_keys = ON');
    db.pragma('trusted_schema = OFF');
    migrate(db);
    return db;
  } catch (error) {
    db?.close();
    throw toStoreError(error, path);
  }
}

/**
 * Opens Vigo's database to read it: nothing is made, and its schema stays as it is. Not by SQLite's own read-only mode,
 * which leaves the files of its log behind where no other process has the database open.
 * @throws StoreError `driver_missing`, `older_schema`, and what `openDatabase` does
 */
export async function openDatabaseReadOnly(file: string): Promise<Connection> {
  const Database = await loadDriver();
  const path = resolve(file);
  await demandPrivatePlace(path);
  let db: Connection | undefined;
  try {
    db = new Database(path, { timeout: BUSY_TIMEOUT_MS, fileMustExist: true });
    requireKnown(db, path);
    if (schemaVersion(db) < MIGRATIONS.length) {
      throw new StoreError('older_schema', `${path} has schema ${schemaVersion(db)}, from before this program`, {
        hint: 'the start of vigosrv brings it up to date',
      });
    }
    db.pragma('query_only = ON');
    db.pragma('trusted_schema = OFF');
    return db;
  } catch (error) {
    db?.close();
    throw toStoreError(error, path);
  }
}

/** Refuses, before anything is written, what this program can't read. */
function requireKnown(db: Connection, path: string): void {
  if (!isEmpty(db, path) && db.pragma('application_id', { simple: true }) !== APPLICATION_ID) throw foreign(path);
  const version = schemaVersion(db);
  if (version > MIGRATIONS.length) {
    throw new StoreError(
      'newer_schema',
      `${path} has schema ${version}, and this program knows schemas up to ${MIGRATIONS.length}`,
      { hint: 'use the version of Vigo that wrote it, or a newer one' },
    );
  }
}

/** Whether there is nothing in the file yet. The first statement is also the first to read the file. */
function isEmpty(db: Connection, path: string): boolean {
  try {
    return db.prepare('SELECT count(*) FROM sqlite_schema').pluck().get() === 0;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'SQLITE_NOTADB') throw foreign(path, error);
    throw error;
  }
}

function foreign(path: string, cause?: unknown): StoreError {
  return new StoreError('foreign_database', `${path} is not a database of Vigo`, {
    hint: 'move it away, or name another path',
    cause,
  });
}

function schemaVersion(db: Connection): number {
  return Number(db.pragma('user_version', { simple: true }));
}

function migrate(db: Connection): void {
  const takeStep = db.transaction(() => {
    // Read again inside the transaction: another process may have taken the same step.
    const version = schemaVersion(db);
    const step = MIGRATIONS[version];
    if (step === undefined) return;
    db.exec(step);
    db.pragma(`application_id = ${APPLICATION_ID}`);
    db.pragma(`user_version = ${version + 1}`);
  });
  while (schemaVersion(db) < MIGRATIONS.length) takeStep.immediate();
}
