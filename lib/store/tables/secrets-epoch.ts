import type { Clock, KeyName } from '../../base/index.js';
import type { Connection, Statement } from '../sqlite/driver.js';
import type { Row } from '../sqlite/rows.js';
import type { AuditLog, EntryDraft } from './audit-log.js';

/** A secret as the server has just seen it: with another version than before, or gone. */
export interface SecretChange {
  readonly key: KeyName;
  readonly version: number | undefined;
}

/** The counter that tells agents that values may have changed, and the versions that it was last raised for. */
export class SecretsEpoch {
  readonly #db: Connection;
  readonly #log: AuditLog;
  readonly #clock: Clock;
  readonly #select: Statement;
  readonly #replace: Statement;

  constructor(db: Connection, log: AuditLog, clock: Clock) {
    this.#db = db;
    this.#log = log;
    this.#clock = clock;
    this.#select = db.prepare('SELECT epoch FROM secrets_epoch').pluck();
    this.#replace = db.prepare('REPLACE INTO secrets_epoch (one, epoch) VALUES (1, ?)');
  }

  /** 0 before the first rise. */
  current(): number {
    return (this.#select.get() ?? 0) as number;
  }

  /**
   * Never falls, not after a restart (D2), and not in a database restored from a backup: it is the time at least.
   * @param above what it was before it was forgotten
   */
  raise(above = 0): number {
    const epoch = Math.max(this.current() + 1, above + 1, this.#clock.nowMs());
    this.#replace.run(epoch);
    return epoch;
  }

  bump(entry: EntryDraft | undefined): number {
    const epoch = this.raise();
    if (entry !== undefined) this.#log.append(entry, { secrets_epoch: epoch });
    return epoch;
  }

  versions(): Map<KeyName, number> {
    const rows = this.#db.prepare('SELECT name, version FROM secret_versions ORDER BY name').all() as Row[];
    return new Map(rows.map((row) => [row.name as KeyName, row.version as number]));
  }

  /** Versions and epoch together: a crash between them would lose the change (V5). */
  recordVersions(changes: readonly SecretChange[], entry: EntryDraft): number {
    const replace = this.#db.prepare('REPLACE INTO secret_versions (name, version) VALUES (?, ?)');
    const remove = this.#db.prepare('DELETE FROM secret_versions WHERE name = ?');
    for (const { key, version } of changes) {
      if (version === undefined) remove.run(key);
      else replace.run(key, version);
    }
    return this.bump(entry);
  }
}
