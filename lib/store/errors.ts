import { dirname } from 'node:path';
import { type ErrorDetails, type ErrorKind, VigoError } from '../base/index.js';
import { FilesError, freeSpace } from '../files/index.js';

const STORE_ERRORS = {
  driver_missing: 'precondition', // better-sqlite3 isn't installed, or doesn't run here
  newer_schema: 'precondition', // the database was written by a newer Vigo
  older_schema: 'precondition', // and it was opened to be read only
  foreign_database: 'precondition', // the file is not a Vigo database
  not_initialized: 'precondition', // there was no genesis yet
  already_initialized: 'conflict',
  envoy_not_found: 'not_found',
  envoy_revoked: 'precondition',
  certificate_lapsed: 'denied', // it ended longer ago than it can be renewed
  tls_key_known: 'conflict', // a renewal needs a fresh key
  host_taken: 'conflict', // another active envoy has that host name
  token_exists: 'conflict',
  token_not_found: 'not_found',
  not_recorded: 'internal', // the audit entry can't be written, so the operation didn't happen
  busy: 'unavailable', // another process held the lock for too long
  full: 'exhausted', // the disk
  corrupt: 'corrupt',
  unavailable: 'unavailable', // closed, or the thread or the file is gone
  nested_lock: 'internal', // a caller that holds the lock asked for it
  internal: 'internal',
} as const satisfies Record<string, ErrorKind>;

export type StoreErrorCode = keyof typeof STORE_ERRORS;

/** A database operation that didn't happen. */
export class StoreError extends VigoError<StoreErrorCode> {
  constructor(code: StoreErrorCode, message: string, details?: ErrorDetails) {
    super('store', STORE_ERRORS[code], code, message, details);
  }
}

/** What SQLite's result codes mean to a caller; matched by their beginning, because of the extended codes. */
const SQLITE_CODES: readonly (readonly [prefix: string, code: StoreErrorCode, message: string, hint?: string])[] = [
  ['SQLITE_BUSY', 'busy', 'another process is holding the database', 'try again in a moment'],
  ['SQLITE_LOCKED', 'busy', 'another process is holding the database', 'try again in a moment'],
  ['SQLITE_FULL', 'full', 'the disk with the database is full', 'make room; nothing was changed'],
  ['SQLITE_CORRUPT', 'corrupt', 'the database is damaged', 'restore it from a backup'],
  ['SQLITE_NOTADB', 'corrupt', 'the database is damaged', 'restore it from a backup'],
  ['SQLITE_CANTOPEN', 'unavailable', "the database can't be opened", 'check its folder and who owns it'],
  ['SQLITE_READONLY', 'unavailable', "the database can't be written", 'check who owns it'],
  ['SQLITE_PERM', 'unavailable', "the database can't be opened", 'check who owns it'],
  [
    'SQLITE_IOERR',
    'unavailable',
    'the disk with the database fails',
    'is its quota used up? the kernel log may say more',
  ],
];

const ON_DISK = /^SQLITE_(CANTOPEN|READONLY|IOERR|FULL)/;

/** Undefined where neither is so. */
function refusedByDisk(path: string, cause: unknown): StoreError | undefined {
  try {
    const { readOnly, bytes, files } = freeSpace(dirname(path));
    if (readOnly) {
      return new StoreError('unavailable', `can't write ${path}: the file system is read-only`, {
        hint: 'mount it for writing; the kernel makes it read-only after errors, and its log says so',
        cause,
      });
    }
    if (bytes > 0 && files !== 0) return undefined;
    const hint = 'free some space and try again; nothing was changed';
    return new StoreError('full', `can't write ${path}: no space left on the file system`, { hint, cause });
  } catch (error) {
    if (error instanceof FilesError) return undefined;
    throw error;
  }
}

export function isBusy(error: unknown): boolean {
  return sqliteCode(error).startsWith('SQLITE_BUSY');
}

/**
 * Whatever came out of the driver, as this room's error.
 * @param path of the database: where it's the file system that refuses, SQLite doesn't always say so
 */
export function toStoreError(error: unknown, path?: string): StoreError {
  if (error instanceof StoreError) return error;
  const code = sqliteCode(error);
  const refusal = path !== undefined && ON_DISK.test(code) ? refusedByDisk(path, error) : undefined;
  if (refusal !== undefined) return refusal;
  for (const [prefix, storeCode, message, hint] of SQLITE_CODES) {
    if (code.startsWith(prefix)) return new StoreError(storeCode, message, { hint, cause: error });
  }
  return new StoreError('internal', 'a database operation failed', { cause: error });
}

function sqliteCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}
