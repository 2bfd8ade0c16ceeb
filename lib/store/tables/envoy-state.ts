import { outcomeOfRun, type RunOutcome } from '../../wire/index.js';
import type { Envoy } from './envoy.js';

/** What an operator has to know of an envoy first: exactly one of these at any moment. */
export type EnvoyState = 'unreported' | 'stale' | RunOutcome;

/** What decides it. */
export type Observed = Pick<Envoy, 'enrolledAtMs' | 'lastSeenAtMs' | 'checkInIntervalMs' | 'lastRun'>;

/** After so many intervals without contact an envoy is stale: one that is missed may be chance, two in a row are not. */
const STALE_AFTER_INTERVALS = 2.5;
/** The default of the server's settings: for an envoy of which the database doesn't know yet what it was told. */
const DEFAULT_INTERVAL_MS = 60_000;

/**
 * Decides the state of an envoy that isn't revoked. The first of these that holds:
 * - `unreported`: no run was ever reported
 * - `stale`: no contact for longer than 2.5 check-in intervals, so that what the last run said may no longer hold
 * - `failing`: the last run failed as a whole, or some of its resources did
 * - `drifted`: the last run was a dry one, and a real one would change something
 * - `changed`: the last run changed something
 * - `converged`: the last run found nothing to do
 */
export function envoyState(envoy: Observed, nowMs: number): EnvoyState {
  if (envoy.lastRun === undefined) return 'unreported';
  return isStale(envoy, nowMs) ? 'stale' : outcomeOfRun(envoy.lastRun);
}

/** Whether an envoy has been out of contact for longer than 2.5 check-in intervals. Enrolling is a contact. */
export function isStale({ enrolledAtMs, lastSeenAtMs, checkInIntervalMs }: Observed, nowMs: number): boolean {
  const silentMs = nowMs - (lastSeenAtMs ?? enrolledAtMs);
  return silentMs > STALE_AFTER_INTERVALS * (checkInIntervalMs ?? DEFAULT_INTERVAL_MS);
}
