import type { Clock } from '../../base/index.js';
import type { Connection } from '../sqlite/driver.js';
import type { Row } from '../sqlite/rows.js';
import type { AuditLog, EntryDraft } from './audit-log.js';
import type { SecretsEpoch } from './secrets-epoch.js';

export interface NewPublication {
  /** Names the published tree of files. */
  readonly digest: string;
  /** Where it came from: `stacks`, `version 3` that was rolled back to, or `restore` of an earlier database. */
  readonly source: string;
  readonly actor: string;
  /** What the operator says about it. */
  readonly message?: string | undefined;
  /** The id of the git commit that holds exactly these files. */
  readonly commit?: string | undefined;
}

export interface Publication extends NewPublication {
  /** For people: 1, 2, 3 in the order of publication. */
  readonly version: number;
  /** For envoys, which refuse a lower one than they know: the time in milliseconds at least. */
  readonly policyVersion: number;
  readonly publishedAtMs: number;
}

export interface Published {
  /** 0 where nothing was published. */
  readonly policyVersion: number;
  readonly secretsEpoch: number;
}

/** What a publication was given. */
export interface NewlyPublished extends Published {
  readonly version: number;
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

  publish(
    { digest, source, actor, message, commit }: NewPublication,
    entry: EntryDraft,
    above = NOTHING,
  ): NewlyPublished {
    const nowMs = this.#clock.nowMs();
    const current = this.current();
    const version = (current?.version ?? 0) + 1;
    // Never less than the time, so that a database restored from a backup doesn't step back behind what agents saw.
    const policyVersion = Math.max((current?.policyVersion ?? 0) + 1, above.policyVersion + 1, nowMs);
    const secretsEpoch = this.#epoch.raise(above.secretsEpoch);
    this.#db
      .prepare(
        `INSERT INTO publications (policy_version, version, digest, source, actor, published_at, message, git_commit)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(policyVersion, version, digest, source, actor, nowMs, message ?? null, commit ?? null);
    this.#log.append(entry, { version, policy_version: policyVersion, secrets_epoch: secretsEpoch });
    return { version, policyVersion, secretsEpoch };
  }

  overtake(given: Published, actor: string, entry: EntryDraft): Published {
    const current = this.current();
    if (current !== undefined) {
      const { digest, message, commit } = current;
      const again = { digest, source: 'restore', actor, message, commit };
      const { policyVersion, secretsEpoch } = this.publish(again, entry, given);
      return { policyVersion, secretsEpoch };
    }
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
      version: row.version as number,
      policyVersion: row.policy_version as number,
      digest: row.digest as string,
      source: row.source as string,
      actor: row.actor as string,
      publishedAtMs: row.published_at as number,
      ...(row.message === null ? {} : { message: row.message as string }),
      ...(row.git_commit === null ? {} : { commit: row.git_commit as string }),
    }));
  }
}
