import type { Clock } from '../base/index.js';
import type { AuditLog, EntryDraft } from './audit-log.js';
import type { Connection } from './driver.js';
import type { Row } from './rows.js';
import type { SecretsEpoch } from './secrets-epoch.js';

export interface NewPublication {
  /** Names the published tree of files. */
  readonly digest: string;
  /** Where it came from: a folder, or the version that was rolled back to. */
  readonly source: string;
  readonly actor: string;
}

export interface Publication extends NewPublication {
  readonly policyVersion: number;
  readonly publishedAtMs: number;
}

export interface Published {
  /** 0 where nothing was published. */
  readonly policyVersion: number;
  readonly secretsEpoch: number;
}

const NOTHING: Published = { policyVersion: 0, secretsEpoch: 0 };

/** Every config that was the live one; the newest is. */
export class Publications {
  readonly #db: Connection;
  readonly #log: AuditLog;
  readonly #clock: Clock;
  readonly #epoch: SecretsEpoch;

  constructor(db: Connection, log: AuditLog, clock: Clock, epoch: SecretsEpoch) {
    this.#db = db;
    this.#log = log;
    this.#clock = clock;
    this.#epoch = epoch;
  }

  publish({ digest, source, actor }: NewPublication, entry: EntryDraft, above = NOTHING): Published {
    const nowMs = this.#clock.nowMs();
    // Never less than the time, so that a database restored from a backup doesn't step back behind what agents saw.
    const policyVersion = Math.max((this.current()?.policyVersion ?? 0) + 1, above.policyVersion + 1, nowMs);
    const secretsEpoch = this.#epoch.raise(above.secretsEpoch);
    this.#db
      .prepare('INSERT INTO publications (policy_version, digest, source, actor, published_at) VALUES (?, ?, ?, ?, ?)')
      .run(policyVersion, digest, source, actor, nowMs);
    this.#log.append(entry, { policy_version: policyVersion, secrets_epoch: secretsEpoch });
    return { policyVersion, secretsEpoch };
  }

  overtake(given: Published, actor: string, entry: EntryDraft): Published {
    const current = this.current();
    if (current !== undefined) return this.publish({ digest: current.digest, source: 'restore', actor }, entry, given);
    const secretsEpoch = this.#epoch.raise(given.secretsEpoch);
    this.#log.append(entry, { secrets_epoch: secretsEpoch });
    return { ...NOTHING, secretsEpoch };
  }

  current(): Publication | undefined {
    return this.#select('LIMIT 1')[0];
  }

  /** The newest first. */
  list(): Publication[] {
    return this.#select('');
  }

  #select(limit: 'LIMIT 1' | ''): Publication[] {
    const rows = this.#db.prepare(`SELECT * FROM publications ORDER BY policy_version DESC ${limit}`).all() as Row[];
    return rows.map((row) => ({
      policyVersion: row.policy_version as number,
      digest: row.digest as string,
      source: row.source as string,
      actor: row.actor as string,
      publishedAtMs: row.published_at as number,
    }));
  }
}
