import * as z from 'zod/mini';
import { type EnvoyId, fromUtf8, utf8 } from '../../base/index.js';
import { FilesError, readFileLimited, writeFileAtomic } from '../../files/index.js';
import { type RunReport, summarizeRun } from '../../wire/index.js';

const MAX_FILE_BYTES = 64 * 1024;
/** More than these are only counted. */
const MAX_NAMES = 50;
const MAX_NAME_CHARS = 400;

const count = z.int().check(z.nonnegative());
const lastRunSchema = z.strictObject({
  version: z.literal(1),
  envoy_id: z.string(),
  started_at_ms: z.int(),
  finished_at_ms: z.int(),
  /** When the next run is due after this one; null where none was planned. */
  interval_ms: z.nullable(z.int()),
  aborted: z.boolean(),
  resources: count,
  counts: z.strictObject({ unchanged: count, changed: count, failed: count, skipped: count, would_change: count }),
  /** `configcrate/resource`, the first 50. */
  failed: z.array(z.string()),
});

/** How this machine's last run went: numbers and names, and no message, so that no value can be in it. */
export type LastRun = z.infer<typeof lastRunSchema>;

export interface LastRunFileOptions {
  readonly path: string;
  readonly envoyId: EnvoyId;
  /** Hears that the file can't be written. That stops nothing else. */
  readonly warn: (event: string) => void;
}

/** Keeps the last run for `vigo status`. */
export class LastRunFile {
  readonly #options: LastRunFileOptions;

  constructor(options: LastRunFileOptions) {
    this.#options = options;
  }

  /**
   * Replaces what is kept, unless the run was stopped before its end: then the one before it still counts.
   * @param intervalMs undefined where no next run is planned
   */
  async keep(report: RunReport, intervalMs: number | undefined): Promise<void> {
    const { path, envoyId, warn } = this.#options;
    const summary = summarizeRun(report);
    if (summary === undefined) return;
    const failed = report.results.filter(({ outcome }) => outcome === 'failed').slice(0, MAX_NAMES);
    const file: LastRun = {
      version: 1,
      envoy_id: envoyId,
      started_at_ms: summary.startedAtMs,
      finished_at_ms: summary.finishedAtMs,
      interval_ms: intervalMs ?? null,
      aborted: summary.aborted,
      resources: summary.resources,
      counts: summary.counts,
      failed: failed.map(({ configcrate, resource }) => `${configcrate}/${resource}`.slice(0, MAX_NAME_CHARS)),
    };
    await writeFileAtomic(path, utf8(JSON.stringify(file)), { mode: 0o600 }).catch((cause) => {
      if (!(cause instanceof FilesError)) throw cause;
      warn(`vigo status shows an earlier run: ${cause.message}`);
    });
  }
}

/**
 * Returns the last run of this envoy; undefined where there was none, and where the file isn't what an agent wrote: the
 * next run replaces it.
 * @throws FilesError
 */
export async function readLastRun(path: string, envoyId: EnvoyId): Promise<LastRun | undefined> {
  try {
    const bytes = await readFileLimited(path, MAX_FILE_BYTES, { private: true });
    const { data } = lastRunSchema.safeParse(JSON.parse(fromUtf8(bytes)));
    return data?.envoy_id === envoyId ? data : undefined;
  } catch (cause) {
    if (cause instanceof FilesError && cause.code !== 'not_found') throw cause;
    return undefined;
  }
}
