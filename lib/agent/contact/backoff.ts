import { Rejection, type RejectionReason } from '../../wire/index.js';

const FIRST_MS = 1000;
const MAX_MS = 5 * 60_000;
const EXPELLED_MS = 60 * 60_000;
const EXPELLED: ReadonlySet<RejectionReason> = new Set(['revoked', 'lapsed']);
const JITTER = 0.1;

/** From 0 up to 1. */
export type Random = () => number;

/** A time around `ms`, ±10 %, so that a fleet that was started at once doesn't come at once for ever. */
export function jittered(ms: number, random: Random): number {
  return Math.round(ms * (1 - JITTER + 2 * JITTER * random()));
}

/**
 * How long to wait after so many failures in a row, from 1: doubles up to five minutes, of which half is chance.
 * @param problem the last failure. An envoy that is revoked, or lapsed, asks hourly: it may have been told so by mistake.
 */
export function retryMs(failures: number, problem: unknown, random: Random): number {
  if (problem instanceof Rejection && EXPELLED.has(problem.code)) return jittered(EXPELLED_MS, random);
  const ceiling = Math.min(MAX_MS, FIRST_MS * 2 ** (failures - 1));
  return Math.round(ceiling * (0.5 + 0.5 * random()));
}
