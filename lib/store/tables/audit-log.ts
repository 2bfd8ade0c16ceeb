import { type Claim, type Clock, concatBytes, type Json } from '../../base/index.js';
import { StoreError } from '../errors.js';
import type { Connection, Statement } from '../sqlite/driver.js';
import { blob, type Row } from '../sqlite/rows.js';

/** What is to be recorded together with an operation. */
export interface EntryDraft {
  readonly action: string;
  readonly actor: string;
  readonly subject: string;
  readonly outcome: 'intent' | 'done' | 'failed' | 'denied';
  readonly detail?: { readonly [name: string]: Json };
  /** Which person is said to be behind the actor. */
  readonly claimedBy?: Claim;
}

/** The state of the log: number of entries, hash of the last one, frontier of the Merkle tree over all. */
export interface ChainState {
  readonly size: number;
  readonly head: Uint8Array;
  readonly frontier: readonly Uint8Array[];
}

/** Port: makes the next entry of a log, synchronously and as a function of the log's state. */
export interface AuditChain {
  readonly empty: ChainState;
  append(
    state: ChainState,
    draft: EntryDraft,
    atMs: number,
  ): { readonly bytes: Uint8Array; readonly hash: Uint8Array; readonly next: ChainState };
}

/** An entry as it was appended; its bytes are never encoded again. */
export interface StoredEntry {
  /** Its place in the log; the first one is 1. */
  readonly seq: number;
  readonly bytes: Uint8Array;
  readonly hash: Uint8Array;
}

export interface AuditQuery {
  /** Only entries behind this one, the oldest first. Without it: the newest `limit` entries. */
  readonly afterSeq?: number;
  readonly limit: number;
  readonly action?: string;
}

const HASH_BYTES = 32;

/**
 * The log in the database. Several processes append to it: its state is read inside the transaction that appends and
 * never kept.
 */
export class AuditLog {
  readonly #db: Connection;
  readonly #chain: AuditChain;
  readonly #clock: Clock;
  readonly #selectHead: Statement;
  readonly #insert: Statement;
  readonly #replaceHead: Statement;

  constructor(db: Connection, chain: AuditChain, clock: Clock) {
    this.#db = db;
    this.#chain = chain;
    this.#clock = clock;
    this.#selectHead = db.prepare('SELECT size, head, frontier FROM audit_head');
    this.#insert = db.prepare('INSERT INTO audit_log (seq, bytes, hash) VALUES (?, ?, ?)');
    this.#replaceHead = db.prepare('REPLACE INTO audit_head (one, size, head, frontier) VALUES (1, ?, ?, ?)');
  }

  /**
   * Appends inside the caller's transaction, which must not commit where this throws (A1).
   * @param detail what the operation found out, added to the draft's own.
   * @returns the entry's sequence number
   * @throws StoreError `not_recorded`
   */
  append(draft: EntryDraft, detail: { readonly [name: string]: Json } = {}): number {
    const full = { ...draft.detail, ...detail };
    const entry = Object.keys(full).length === 0 ? draft : { ...draft, detail: full };
    const { bytes, hash, next } = this.#next(entry);
    this.#insert.run(next.size, bytes, hash);
    this.#replaceHead.run(next.size, next.head, concatBytes(...next.frontier));
    return next.size;
  }

  head(): ChainState {
    const row = this.#selectHead.get() as Row | undefined;
    if (row === undefined) return this.#chain.empty;
    const hashes = blob(row.frontier);
    const frontier: Uint8Array[] = [];
    for (let i = 0; i < hashes.length; i += HASH_BYTES) frontier.push(hashes.slice(i, i + HASH_BYTES));
    return { size: row.size as number, head: blob(row.head), frontier };
  }

  list({ afterSeq, limit, action }: AuditQuery): StoredEntry[] {
    const order = afterSeq === undefined ? 'DESC' : 'ASC';
    const filter = action === undefined ? '' : 'AND action = :action';
    const rows = this.#db
      .prepare(
        `SELECT seq, bytes, hash FROM audit_log WHERE seq > :afterSeq ${filter} ORDER BY seq ${order} LIMIT :limit`,
      )
      .all({ afterSeq: afterSeq ?? 0, limit, action }) as Row[];
    const entries = rows.map(toEntry);
    return afterSeq === undefined ? entries.reverse() : entries;
  }

  /** A page of the log and the state that goes with it, from one snapshot. */
  read(fromSeq: number, limit: number): { entries: StoredEntry[]; head: ChainState } {
    const rows = this.#db
      .prepare('SELECT seq, bytes, hash FROM audit_log WHERE seq >= ? ORDER BY seq LIMIT ?')
      .all(fromSeq, limit) as Row[];
    return { entries: rows.map(toEntry), head: this.head() };
  }

  #next(entry: EntryDraft): ReturnType<AuditChain['append']> {
    try {
      return this.#chain.append(this.head(), entry, this.#clock.nowMs());
    } catch (cause) {
      throw new StoreError('not_recorded', `the audit entry ${entry.action} can't be made, so nothing was done`, {
        hint: 'see whether the log is whole: vigocli audit verify',
        cause,
      });
    }
  }
}

function toEntry(row: Row): StoredEntry {
  return { seq: row.seq as number, bytes: blob(row.bytes), hash: blob(row.hash) };
}
