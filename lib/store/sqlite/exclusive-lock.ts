import { AsyncLocalStorage } from 'node:async_hooks';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isBusy, StoreError, toStoreError } from '../errors.js';
import { type Connection, loadDriver } from './driver.js';
import { preparePlace } from './place.js';

export interface LockOptions {
  /** How long to wait for another process, 30 seconds unless given. */
  readonly waitMs?: number;
}

const DEFAULT_WAIT_MS = 30_000;
const FIRST_DELAY_MS = 5;
/** Short, because who takes the lock again and again leaves it free for a few milliseconds only. */
const LONGEST_DELAY_MS = 25;

/**
 * A lock between processes and within one: an exclusive SQLite transaction on a file that holds nothing. The kernel
 * releases it when its owner dies, however it dies.
 *
 * Nothing else may open that file: closing any descriptor of it drops the lock.
 * @throws StoreError `driver_missing`, `foreign_database`, `unavailable`
 */
export async function openExclusiveLock(file: string, options: LockOptions = {}): Promise<ExclusiveLock> {
  const Database = await loadDriver();
  const path = resolve(file);
  await preparePlace(path);
  try {
    // No waiting inside SQLite: it would stop the event loop.
    return new ExclusiveLock(new Database(path, { timeout: 0 }), path, options.waitMs ?? DEFAULT_WAIT_MS);
  } catch (error) {
    throw toStoreError(error, path);
  }
}

export class ExclusiveLock {
  readonly #db: Connection;
  readonly #path: string;
  readonly #waitMs: number;
  /** Says, to whatever `work` calls, whether the lock is still held for it. */
  readonly #holder = new AsyncLocalStorage<{ holds: boolean }>();
  #lastTurn: Promise<void> = Promise.resolve();

  constructor(db: Connection, path: string, waitMs: number) {
    this.#db = db;
    this.#path = path;
    this.#waitMs = waitMs;
  }

  /**
   * Runs `work` while nobody else holds the lock. Callers of this process wait in turn, for as long as it takes;
   * another process is waited for within the limit.
   * @throws StoreError `busy`; `nested_lock` from inside `work`, which would wait for itself
   */
  async exclusively<T>(work: () => Promise<T>): Promise<T> {
    if (this.#holder.getStore()?.holds)
      throw new StoreError('nested_lock', `${this.#path} is held by the caller already`);
    const turn = this.#lastTurn.then(() => this.#run(work));
    this.#lastTurn = turn.then(
      () => {},
      () => {},
    );
    return turn;
  }

  /** Waits for whoever is inside or in the queue. */
  async close(): Promise<void> {
    await this.#lastTurn;
    this.#db.close();
  }

  async #run<T>(work: () => Promise<T>): Promise<T> {
    await this.#acquire();
    const holder = { holds: true };
    try {
      return await this.#holder.run(holder, work);
    } finally {
      holder.holds = false;
      this.#db.exec('ROLLBACK');
    }
  }

  async #acquire(): Promise<void> {
    if (!this.#db.open) throw new StoreError('unavailable', `the lock ${this.#path} is closed`);
    let delayMs = FIRST_DELAY_MS;
    for (let waitedMs = 0; !this.#tryBegin(); waitedMs += delayMs) {
      if (waitedMs >= this.#waitMs) {
        throw new StoreError('busy', `another process holds ${this.#path}`, { hint: 'try again when it is done' });
      }
      delayMs = Math.min(2 * delayMs, LONGEST_DELAY_MS);
      await sleep(delayMs);
    }
  }

  #tryBegin(): boolean {
    try {
      this.#db.exec('BEGIN EXCLUSIVE');
      return true;
    } catch (error) {
      if (isBusy(error)) return false;
      throw toStoreError(error, this.#path);
    }
  }
}
