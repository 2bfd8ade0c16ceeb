import { resolve } from 'node:path';
import { toStoreError } from '../errors.js';
import { type Connection, loadDriver } from './driver.js';

/** Of a file that is damaged all over, the first few say enough. */
const MOST_PROBLEMS = 5;

/**
 * Reads the whole file as SQLite does, every table with its indexes: the chain of the log proves only the log.
 * @param file a database that nobody else has open
 * @returns what is wrong with it, in SQLite's words
 * @throws StoreError `driver_missing`, `corrupt`, `unavailable`
 */
export async function checkIntegrity(file: string): Promise<string[]> {
  const Database = await loadDriver();
  let db: Connection | undefined;
  try {
    db = new Database(resolve(file), { fileMustExist: true });
    db.pragma('query_only = ON');
    db.pragma('trusted_schema = OFF');
    const answers = db.prepare(`PRAGMA integrity_check(${MOST_PROBLEMS})`).pluck().all() as string[];
    return answers.filter((answer) => answer !== 'ok');
  } catch (error) {
    throw toStoreError(error);
  } finally {
    db?.close();
  }
}
