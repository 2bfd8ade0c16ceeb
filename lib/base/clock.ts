/** Where the time of day comes from; an argument, so that a test owns it. */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z, for what people and certificates read. It jumps when the clock is set. */
  nowMs(): number;
}

/** Also measures durations: waits, intervals and limits, which must not stop or begin again when the clock is set. */
export interface SteadyClock extends Clock {
  /** Milliseconds since some moment in the past. It never goes back, and doesn't count while the machine sleeps. */
  monotonicMs(): number;
}

export const systemClock: SteadyClock = { nowMs: () => Date.now(), monotonicMs: () => Math.trunc(performance.now()) };
