/** `VIGO` in the header of every database of ours (https://sqlite.org/pragma.html#pragma_application_id). */
export const APPLICATION_ID = 0x5649474f;

/**
 * Every step from an empty file to the present schema; `user_version` counts how many were taken. A step that was
 * released is never edited. Times are milliseconds since 1970.
 *
 * The log's query columns are generated from the entry's bytes, so that there is nothing beside the bytes that could
 * say something else. Rows of `envoys` are never deleted: a revoked one is the tombstone of its UUID and key (T3).
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE audit_log (
    seq     INTEGER PRIMARY KEY CHECK (seq > 0),
    bytes   BLOB NOT NULL,
    hash    BLOB NOT NULL CHECK (length(hash) = 32),
    ${fromEntry('at', 'INTEGER')},
    ${fromEntry('action', 'TEXT')},
    ${fromEntry('actor', 'TEXT')},
    ${fromEntry('subject', 'TEXT')},
    ${fromEntry('outcome', 'TEXT')}
  ) STRICT;
  CREATE INDEX audit_log_by_action ON audit_log (action, seq);

  CREATE TABLE audit_head (
    one      INTEGER PRIMARY KEY CHECK (one = 1),
    size     INTEGER NOT NULL,
    head     BLOB NOT NULL CHECK (length(head) = 32),
    frontier BLOB NOT NULL CHECK (length(frontier) % 32 = 0)
  ) STRICT;

  CREATE TABLE fleet (
    one          INTEGER PRIMARY KEY CHECK (one = 1),
    trust_domain TEXT NOT NULL
  ) STRICT;

  CREATE TABLE envoys (
    id                  TEXT PRIMARY KEY,
    host_name           TEXT NOT NULL,
    ed25519_public_key  BLOB NOT NULL UNIQUE CHECK (length(ed25519_public_key) = 32),
    tls_public_key_hash BLOB NOT NULL CHECK (length(tls_public_key_hash) = 32),
    labels              TEXT NOT NULL,
    enrolled_at         INTEGER NOT NULL,
    enrolled_from       TEXT NOT NULL,
    certificate_serial  TEXT,
    certificate_expires INTEGER,
    last_seen_at        INTEGER,
    traits              TEXT,
    revoked_at          INTEGER
  ) STRICT;
  CREATE UNIQUE INDEX envoys_by_active_host_name ON envoys (host_name) WHERE revoked_at IS NULL;

  CREATE TABLE tokens (
    id         TEXT PRIMARY KEY,
    hash       BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
    match      TEXT,
    labels     TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at    INTEGER,
    used_from  TEXT,
    envoy_id   TEXT REFERENCES envoys (id),
    revoked_at INTEGER
  ) STRICT;

  CREATE TABLE publications (
    policy_version INTEGER PRIMARY KEY,
    digest         TEXT NOT NULL,
    source         TEXT NOT NULL,
    actor          TEXT NOT NULL,
    published_at   INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE secrets_epoch (
    one   INTEGER PRIMARY KEY CHECK (one = 1),
    epoch INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE secret_versions (
    name    TEXT PRIMARY KEY,
    version INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE runs (
    envoy_id   TEXT NOT NULL REFERENCES envoys (id),
    run_id     TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    report     TEXT NOT NULL,
    PRIMARY KEY (envoy_id, run_id)
  ) STRICT;
  CREATE INDEX runs_by_start ON runs (envoy_id, started_at);
  `,
  // Which generations an envoy was handed and quoted, and what became of it where that forked.
  `
  ALTER TABLE envoys ADD COLUMN generation_issued INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE envoys ADD COLUMN generation_quoted INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE envoys ADD COLUMN quarantined_at INTEGER;
  ALTER TABLE envoys ADD COLUMN fork TEXT;
  `,
  // Which CA signed an envoy's certificate: what is left to wait for before an earlier CA is given up.
  `
  ALTER TABLE envoys ADD COLUMN certificate_issuer TEXT;
  `,
  // How an envoy's last run went, beside the envoy: a list of ten thousand of them must not read their reports. The runs
  // that are there are counted as `summarizeRun` does.
  `
  ALTER TABLE envoys ADD COLUMN last_run TEXT;
  ALTER TABLE envoys ADD COLUMN check_in_interval INTEGER;
  UPDATE envoys SET last_run = (
    SELECT json_object(
      'runId', run_id, 'startedAtMs', started_at, 'finishedAtMs', report ->> '$.finishedAtMs',
      'aborted', json(iif(aborted, 'true', 'false')), 'resources', unchanged + changed + failed + skipped + would_change,
      'counts', json_object('unchanged', unchanged, 'changed', changed, 'failed', failed, 'skipped', skipped,
        'would_change', would_change))
    FROM (
      SELECT run_id, started_at, report, report ->> '$.failure' IS NOT NULL AS aborted,
        ${countOf('unchanged')}, ${countOf('changed')}, ${countOf('failed')}, ${countOf('skipped')},
        ${countOf('would_change')}
      FROM runs WHERE runs.envoy_id = envoys.id)
    WHERE skipped = 0 OR failed > 0 OR aborted
    ORDER BY started_at DESC LIMIT 1);
  `,
  // Versions of the config for people: 1, 2, 3, with what they say about one and the commit that it is.
  `
  ALTER TABLE publications ADD COLUMN version INTEGER;
  ALTER TABLE publications ADD COLUMN message TEXT;
  ALTER TABLE publications ADD COLUMN git_commit TEXT;
  UPDATE publications SET version = (
    SELECT count(*) FROM publications AS earlier WHERE earlier.policy_version <= publications.policy_version
  );
  CREATE UNIQUE INDEX publications_by_version ON publications (version);
  `,
  // The version of each envoy's agent and what it understands.
  `
  ALTER TABLE envoys ADD COLUMN agent TEXT;
  `,
];

/** NULL where the bytes aren't JSON: a log that was tampered with can still be listed. */
function fromEntry(member: string, type: 'INTEGER' | 'TEXT'): string {
  const json = 'CAST(bytes AS TEXT)';
  return `${member} ${type} GENERATED ALWAYS AS (iif(json_valid(${json}), ${json} ->> '$.${member}', NULL)) VIRTUAL`;
}

/** How many results of a run's report have an outcome. */
function countOf(outcome: string): string {
  return `(SELECT count(*) FROM json_each(report, '$.results') WHERE value ->> 'outcome' = '${outcome}') AS ${outcome}`;
}
