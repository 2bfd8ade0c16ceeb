import type { Clock } from '../base/index.js';
import { networkOf } from './network.js';

const WINDOW_MS = 60_000;
/** How much is counted apart at one time. Who has a thousand addresses gets a line for all the others. */
const MAX_TALLIES = 1000;
const VARIOUS = 'various';

/** Somebody was refused. The subject is what is proven about the caller, never what it says. */
export interface Refusal {
  readonly action: 'request.rejected' | 'api.denied' | 'enrollment.refused';
  readonly subject: string;
  readonly reason: string;
  readonly method: string;
  readonly address: string;
}

/** Takes a refusal to the audit log, with how often it happened. */
export type RefusalSink = (refusal: Refusal, count: number) => void;

interface Tally {
  readonly refusal: Refusal;
  readonly sinceMs: number;
  more: number;
}

/**
 * Enters refusals into the audit log without letting whoever provokes them fill the disk: the first of a kind at once,
 * what follows within the minute as one entry with its count, and no more than a thousand kinds apart.
 */
export class RefusalLog {
  readonly #sink: RefusalSink;
  readonly #clock: Clock;
  readonly #tallies = new Map<string, Tally>();

  constructor(sink: RefusalSink, clock: Clock) {
    this.#sink = sink;
    this.#clock = clock;
  }

  note(refused: Refusal): void {
    const isOneMore = this.#tallies.size >= MAX_TALLIES && !this.#tallies.has(keyOf(refused));
    const refusal = isOneMore ? { ...refused, subject: VARIOUS, address: VARIOUS } : refused;
    const key = keyOf(refusal);
    const tally = this.#tallies.get(key);
    if (tally !== undefined && !this.#isOver(tally)) {
      tally.more++;
      return;
    }
    if (tally !== undefined) this.#settle(tally);
    this.#tallies.set(key, { refusal, sinceMs: this.#clock.nowMs(), more: 0 });
    this.#sink(refusal, 1);
  }

  /** Enters the counts of the minutes that are over. */
  settleOver(): void {
    for (const [key, tally] of this.#tallies) {
      if (!this.#isOver(tally)) continue;
      this.#tallies.delete(key);
      this.#settle(tally);
    }
  }

  /** Enters every count: the server stops. */
  settleAll(): void {
    for (const tally of this.#tallies.values()) this.#settle(tally);
    this.#tallies.clear();
  }

  #isOver(tally: Tally): boolean {
    const passedMs = this.#clock.nowMs() - tally.sinceMs;
    // Less than nothing after the clock was set back: then nobody knows, and it must not count on for years.
    return passedMs < 0 || passedMs >= WINDOW_MS;
  }

  #settle({ refusal, more }: Tally): void {
    if (more > 0) this.#sink(refusal, more);
  }
}

function keyOf({ action, subject, reason, address }: Refusal): string {
  return [action, subject, reason, networkOf(address)].join(' ');
}
