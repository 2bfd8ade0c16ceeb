import type { EnvoyId } from '../../base/index.js';
import { type RunReport, summarizeRun } from '../../wire/index.js';
import type { Connection } from '../sqlite/driver.js';
import { json } from '../sqlite/rows.js';

/** How many runs of each envoy are kept, and how much of them: what shows an envoy takes all of that in one answer. */
const KEPT_RUNS = 200;
const KEPT_BYTES = 8 * 1024 * 1024;

/** What envoys reported about their runs, redacted by them. */
export class Runs {
  readonly #db: Connection;

  constructor(db: Connection) {
    this.#db = db;
  }

  /** An envoy can only speak for itself: another one's run of the same id is another run. */
  save(envoyId: EnvoyId, report: RunReport): { saved: boolean } {
    const { changes } = this.#db
      .prepare('INSERT OR IGNORE INTO runs (envoy_id, run_id, started_at, report) VALUES (?, ?, ?, ?)')
      .run(envoyId, report.runId, report.startedAtMs, JSON.stringify(report));
    const saved = changes === 1;
    const summary = saved ? summarizeRun(report) : undefined;
    if (summary !== undefined) {
      // The one that came last is the last one, whatever the clock of that machine says.
      this.#db.prepare('UPDATE envoys SET last_run = ? WHERE id = ?').run(JSON.stringify(summary), envoyId);
    }
    this.#db
      .prepare(
        `DELETE FROM runs WHERE envoy_id = :envoyId AND run_id IN
           (SELECT run_id FROM
             (SELECT run_id, row_number() OVER newest AS runs, sum(octet_length(report)) OVER newest AS bytes
              FROM runs WHERE envoy_id = :envoyId
              WINDOW newest AS (ORDER BY started_at DESC, run_id ROWS UNBOUNDED PRECEDING))
            WHERE runs > :maxRuns OR (runs > 1 AND bytes > :maxBytes))`,
      )
      .run({ envoyId, maxRuns: KEPT_RUNS, maxBytes: KEPT_BYTES });
    return { saved };
  }

  /** The newest first. */
  list(envoyId: EnvoyId, limit: number): RunReport[] {
    const reports = this.#db
      .prepare('SELECT report FROM runs WHERE envoy_id = ? ORDER BY started_at DESC LIMIT ?')
      .pluck()
      .all(envoyId, limit);
    return reports.map((report) => toRunReport(report));
  }
}

function toRunReport(report: unknown): RunReport {
  // JSON drops a member that is undefined.
  const { failure, ...rest } = json<Omit<RunReport, 'failure'> & { failure?: string }>(report);
  return { ...rest, failure };
}
