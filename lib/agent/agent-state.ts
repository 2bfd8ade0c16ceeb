import { outcomeOfRun, type RunOutcome } from '../wire/index.js';
import type { Trouble } from './contact/contact-record.js';
import type { LastRun } from './converge/last-run.js';

/** What somebody who watches this machine has to know first: exactly one of these at any moment. */
export type AgentState =
  | 'not_enrolled'
  | 'revoked'
  | 'quarantined'
  | 'stale'
  | 'unreachable'
  | 'unreported'
  | RunOutcome;

export interface Observed {
  readonly isEnrolled: boolean;
  /** What doesn't work with the server. */
  readonly troubles: readonly Pick<Trouble, 'task' | 'reason'>[];
  readonly lastRun: LastRun | undefined;
  /** Whether an agent runs now. */
  readonly isRunning: boolean;
}

/** After so many intervals without a run, and without an agent that could be in the middle of one. */
const STALE_AFTER_INTERVALS = 2.5;

/**
 * Decides the state of this machine. The first of these that holds:
 * - `not_enrolled`
 * - `revoked`: the server proved that it expelled this envoy
 * - `quarantined`: the server gives no secrets until an operator decides; a clone is in quarantine, too
 * - `stale`: no agent runs, and the next run is overdue by more than 1.5 intervals
 * - `unreachable`: the last check-in failed, because the server is away or refuses this machine
 * - `unreported`: there was no run yet
 * - `failing`, `drifted`, `changed`, `converged`: what the last run says
 */
export function agentState({ isEnrolled, troubles, lastRun, isRunning }: Observed, nowMs: number): AgentState {
  if (!isEnrolled) return 'not_enrolled';
  const reasons = new Set(troubles.map(({ reason }) => reason));
  if (reasons.has('revoked')) return 'revoked';
  if (reasons.has('quarantine') || reasons.has('clone')) return 'quarantined';
  if (lastRun !== undefined && !isRunning && isOverdue(lastRun, nowMs)) return 'stale';
  if (troubles.some(({ task }) => task === 'check-in')) return 'unreachable';
  return lastRun === undefined ? 'unreported' : outcomeOfRun(lastRun);
}

function isOverdue({ finished_at_ms, interval_ms }: LastRun, nowMs: number): boolean {
  return interval_ms !== null && nowMs - finished_at_ms > STALE_AFTER_INTERVALS * interval_ms;
}
