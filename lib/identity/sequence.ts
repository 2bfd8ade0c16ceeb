const SEQUENCES_PER_MS = 1000;
/** A clock that is further off finds the server's certificate expired or not valid yet, so no honest agent needs more. */
const MAX_LEAD_MS = 365 * 86_400_000;

/** Where a process begins to count: above every earlier one of its envoy, unless that signed 1,000 a millisecond. */
export function sequenceAt(nowMs: number): number {
  return nowMs * SEQUENCES_PER_MS;
}

/**
 * Whether a sequence is at most a year ahead of the clock. Neither side goes on from one beyond: sequences never fall
 * and end at 2^53 − 1, so who is led there once, by a forged answer or with a stolen key, is locked out.
 */
export function isWithinReach(sequence: number, nowMs: number): boolean {
  return sequence <= sequenceAt(nowMs + MAX_LEAD_MS);
}
