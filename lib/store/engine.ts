import type { Clock } from '../base/index.js';
import { type StoreError, toStoreError } from './errors.js';
import { makeOperations, type OperationName, type Operations, operationModes } from './operations.js';
import { openDatabase, openDatabaseReadOnly } from './sqlite/database.js';
import type { Connection } from './sqlite/driver.js';
import type { AuditChain } from './tables/audit-log.js';

export interface StoreOptions {
  /** The database file. */
  readonly path: string;
  readonly chain: AuditChain;
  readonly clock: Clock;
  /** Makes and changes nothing: every operation that would write fails. */
  readonly readOnly?: boolean;
}

/** One call of an operation. */
export interface Call {
  readonly name: OperationName;
  readonly args: readonly unknown[];
}

export type Result =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: StoreError };

/** Runs operations on one connection, synchronously. */
export class Engine {
  readonly #db: Connection;
  readonly #operations: Operations;

  constructor(db: Connection, chain: AuditChain, clock: Clock) {
    this.#db = db;
    this.#operations = makeOperations(db, chain, clock);
  }

  /** @throws StoreError, see `openDatabase` */
  static async open({ path, chain, clock, readOnly = false }: StoreOptions): Promise<Engine> {
    return new Engine(await (readOnly ? openDatabaseReadOnly(path) : openDatabase(path)), chain, clock);
  }

  /**
   * Runs calls in their order in one transaction with one commit, each in a savepoint of its own: one that fails
   * leaves its neighbours as they are. The results hold once this returns, because everything is on the disk then.
   */
  run(calls: readonly Call[]): Result[] {
    const writes = calls.some(({ name }) => operationModes[name] === 'write');
    try {
      this.#db.exec(writes ? 'BEGIN IMMEDIATE' : 'BEGIN');
      const results = calls.map((call) => this.#runOne(call));
      this.#db.exec('COMMIT');
      return results;
    } catch (cause) {
      if (this.#db.open && this.#db.inTransaction) this.#db.exec('ROLLBACK');
      const error = toStoreError(cause, this.#db.name);
      return calls.map(() => ({ ok: false, error }));
    }
  }

  close(): void {
    this.#db.close();
  }

  #runOne({ name, args }: Call): Result {
    this.#db.exec('SAVEPOINT call');
    try {
      const value = (this.#operations[name] as (...args: readonly unknown[]) => unknown)(...args);
      this.#db.exec('RELEASE call');
      return { ok: true, value };
    } catch (error) {
      // After a full disk or an I/O error SQLite may have rolled everything back, the neighbours' work as well.
      if (!this.#db.inTransaction) throw error;
      this.#db.exec('ROLLBACK TO call; RELEASE call');
      return { ok: false, error: toStoreError(error, this.#db.name) };
    }
  }
}
