import type { ResourceOutcome, RunReport } from './run-report.js';

/** How many resources of a run had each outcome. */
export type OutcomeCounts = Readonly<Record<ResourceOutcome, number>>;

/** How a run went, in numbers: no name and no message of a resource is in it. */
export interface RunSummary {
  readonly runId: string;
  readonly startedAtMs: number;
  readonly finishedAtMs: number;
  /** Whether the run failed as a whole, before it looked at any resource. */
  readonly aborted: boolean;
  /** How many resources there were. */
  readonly resources: number;
  readonly counts: OutcomeCounts;
}

/** What a run says about its machine. */
export type RunOutcome = 'failing' | 'drifted' | 'changed' | 'converged';

/**
 * Counts what became of the resources of a run.
 * @returns undefined for a run that was stopped before its end and in which nothing failed: it says nothing about the
 *   machine, and what the run before it said still counts
 */
export function summarizeRun({
  runId,
  startedAtMs,
  finishedAtMs,
  failure,
  results,
}: RunReport): RunSummary | undefined {
  const counts = { unchanged: 0, changed: 0, failed: 0, skipped: 0, would_change: 0 };
  for (const { outcome } of results) counts[outcome]++;
  const aborted = failure !== undefined;
  if (counts.skipped > 0 && counts.failed === 0 && !aborted) return undefined;
  return { runId, startedAtMs, finishedAtMs, aborted, resources: results.length, counts };
}

/** Decides what a run says. A failure counts for more than a difference, and a difference for more than a change. */
export function outcomeOfRun({ aborted, counts }: Pick<RunSummary, 'aborted' | 'counts'>): RunOutcome {
  if (aborted || counts.failed > 0) return 'failing';
  if (counts.would_change > 0) return 'drifted';
  return counts.changed > 0 ? 'changed' : 'converged';
}

/** Describes a run in a few words: `failed 2 of 8`, `would change 3`, `changed 1`, `converged`. */
export function describeRun(run: Pick<RunSummary, 'aborted' | 'resources' | 'counts'>): string {
  const { aborted, resources, counts } = run;
  switch (outcomeOfRun(run)) {
    case 'failing':
      return aborted ? 'failed as a whole' : `failed ${counts.failed} of ${resources}`;
    case 'drifted':
      return `would change ${counts.would_change}`;
    case 'changed':
      return `changed ${counts.changed}`;
    case 'converged':
      return 'converged';
  }
}
