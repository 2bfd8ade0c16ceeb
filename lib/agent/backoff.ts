const FIRST_MS = 1000;
const MAX_MS = 5 * 60_000;
const JITTER = 0.1;

/** From 0 up to 1. */
export type Random = () => number;

/** A time around `ms`, ±10 %, so that a fleet that was started at once doesn't come at once for ever. */
export function jittered(ms: number, random: Random): number {
  return Math.round(ms * (1 - JITTER + 2 * JITTER * random()));
}

/** How long to wait after so many failures in a row, from 1: doubles up to five minutes, of which half is chance. */
export function backoffMs(failures: number, random: Random): number {
  const ceiling = Math.min(MAX_MS, FIRST_MS * 2 ** (failures - 1));
  return Math.round(ceiling * (0.5 + 0.5 * random()));
}
