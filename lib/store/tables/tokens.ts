import type { Clock, EnvoyId, HostGlob, Labels } from '../../base/index.js';
import { StoreError } from '../errors.js';
import type { Connection, Statement } from '../sqlite/driver.js';
import { json, optional, type Row } from '../sqlite/rows.js';
import type { AuditLog, EntryDraft } from './audit-log.js';

/** An enrollment token as it is stored: nothing that it could be used with. */
export interface NewToken {
  /** Names the token in lists and in the log; public. */
  readonly id: string;
  /** SHA-256 of the token, 32 bytes. */
  readonly hash: Uint8Array;
  /** The host names that it is good for; `undefined` for any. */
  readonly match: HostGlob | undefined;
  readonly expiresAtMs: number;
  /** Given to the envoy that enrolls with it. */
  readonly labels?: Labels;
}

export interface Token {
  readonly id: string;
  readonly match: HostGlob | undefined;
  readonly labels: Labels;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  readonly use: { readonly atMs: number; readonly remoteAddress: string; readonly envoyId: EnvoyId } | undefined;
  readonly revokedAtMs: number | undefined;
}

export class Tokens {
  readonly #log: AuditLog;
  readonly #clock: Clock;
  readonly #insert: Statement;
  readonly #exists: Statement;
  readonly #selectAll: Statement;
  readonly #selectById: Statement;
  readonly #selectByHash: Statement;
  readonly #markUsed: Statement;
  readonly #revoke: Statement;
  readonly #withdraw: Statement;

  constructor(db: Connection, log: AuditLog, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
    this.#exists = db.prepare('SELECT 1 FROM tokens WHERE id = ? OR hash = ?').pluck();
    this.#insert = db.prepare(
      'INSERT INTO tokens (id, hash, match, labels, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)',
    );
    this.#selectAll = db.prepare('SELECT * FROM tokens ORDER BY created_at DESC, id');
    this.#selectById = db.prepare('SELECT * FROM tokens WHERE id = ?');
    this.#selectByHash = db.prepare('SELECT * FROM tokens WHERE hash = ?');
    this.#markUsed = db.prepare('UPDATE tokens SET used_at = ?, used_from = ?, envoy_id = ? WHERE id = ?');
    this.#revoke = db.prepare('UPDATE tokens SET revoked_at = ? WHERE id = ?');
    this.#withdraw = db.prepare(
      `UPDATE tokens SET revoked_at = ?
       WHERE used_at IS NULL AND revoked_at IS NULL AND created_at < ? AND expires_at > ?`,
    );
  }

  create({ id, hash, match, expiresAtMs, labels = {} }: NewToken, entry: EntryDraft): void {
    if (this.#exists.get(id, hash) !== undefined)
      throw new StoreError('token_exists', `there is a token ${id} already`);
    this.#insert.run(id, hash, match ?? null, JSON.stringify(labels), this.#clock.nowMs(), expiresAtMs);
    this.#log.append(entry);
  }

  /** The newest first. */
  list(): Token[] {
    return (this.#selectAll.all() as Row[]).map(toToken);
  }

  /** @returns whether that changed something */
  revoke(id: string, entry: EntryDraft): boolean {
    const row = this.#selectById.get(id) as Row | undefined;
    if (row === undefined) {
      throw new StoreError('token_not_found', `there is no token ${id}`, {
        hint: 'vigocli envoys token list --all shows them',
      });
    }
    if (row.revoked_at !== null) return false;
    this.#revoke.run(this.#clock.nowMs(), id);
    this.#log.append(entry);
    return true;
  }

  /** @returns how many could have been used still */
  withdrawUnused(createdBeforeMs: number): number {
    const nowMs = this.#clock.nowMs();
    return this.#withdraw.run(nowMs, createdBeforeMs, nowMs).changes;
  }

  byHash(hash: Uint8Array): Token | undefined {
    const row = this.#selectByHash.get(hash) as Row | undefined;
    return row === undefined ? undefined : toToken(row);
  }

  markUsed(id: string, use: NonNullable<Token['use']>): void {
    this.#markUsed.run(use.atMs, use.remoteAddress, use.envoyId, id);
  }
}

function toToken(row: Row): Token {
  const use =
    row.used_at === null
      ? undefined
      : {
          atMs: row.used_at as number,
          remoteAddress: row.used_from as string,
          envoyId: row.envoy_id as EnvoyId,
        };
  return {
    id: row.id as string,
    match: optional<HostGlob>(row.match),
    labels: json<Labels>(row.labels),
    createdAtMs: row.created_at as number,
    expiresAtMs: row.expires_at as number,
    use,
    revokedAtMs: optional<number>(row.revoked_at),
  };
}
