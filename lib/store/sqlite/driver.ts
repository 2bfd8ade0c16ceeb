import type BetterSqlite3 from 'better-sqlite3';
import { StoreError } from '../errors.js';

export type Connection = BetterSqlite3.Database;
export type Statement = BetterSqlite3.Statement<unknown[]>;

/**
 * Loads SQLite only when a database is opened: an agent never does, and installs where the addon can't be built.
 * @throws StoreError `driver_missing`
 */
export async function loadDriver(): Promise<typeof BetterSqlite3> {
  try {
    const { default: Database } = await import('better-sqlite3');
    // The addon itself is loaded with the first connection.
    new Database(':memory:').close();
    return Database;
  } catch (cause) {
    throw new StoreError('driver_missing', "the database driver better-sqlite3 can't be loaded", {
      hint: 'on a server host, install it with: npm install better-sqlite3',
      cause,
    });
  }
}
