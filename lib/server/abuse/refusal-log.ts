import type { SteadyClock } from '../../base/index.js';
import { networkOf } from './network.js';
import { Tallies, type Tell } from './tallies.js';

const WINDOW_MS = 60_000;
const HOUR_MS = 3_600_000;
/** How many kinds are counted apart at one time; all others are one kind. */
const MAX_KINDS = 1000;
/** How many entries an hour refusals take. Those of proven envoys have as many of their own, so that a stranger can't hide them. */
export const ENTRIES_PER_HOUR = 600;
const VARIOUS = 'various';
/** The subjects of callers that prove nothing. */
const STRANGERS = ['anonymous', 'nobody', 'unknown', VARIOUS];

/** Somebody was refused. The subject is what is proven about the caller, never what it says. */
export interface Refusal {
  readonly action: 'request.rejected' | 'api.denied' | 'enrollment.refused';
  readonly subject: string;
  readonly reason: string;
  readonly method: string;
  readonly address: string;
}

/** Takes a refusal to the audit log, with how often it happened. */
export type RefusalSink = Tell<Refusal>;

/**
 * Enters refusals into the audit log, and doesn't let a caller fill the disk with them. The first of a kind is entered at
 * once, and what follows within the minute as one count. Once the budget of the hour is used up, refusals are only counted,
 * and the end of the hour enters one count for each action and reason.
 */
export class RefusalLog {
  readonly #kinds: Tallies<Refusal>;
  readonly #strangers: HourlyBudget;
  readonly #envoys: HourlyBudget;

  constructor(sink: RefusalSink, clock: SteadyClock) {
    this.#strangers = new HourlyBudget(sink, clock);
    this.#envoys = new HourlyBudget(sink, clock);
    this.#kinds = new Tallies(WINDOW_MS, clock, (refusal, count) => this.#budgetOf(refusal).enter(refusal, count));
  }

  note(refused: Refusal): void {
    const isOneMore = this.#kinds.size >= MAX_KINDS && !this.#kinds.has(kindOf(refused));
    const refusal = isOneMore ? { ...refused, subject: VARIOUS, address: VARIOUS } : refused;
    this.#kinds.note(kindOf(refusal), refusal);
  }

  /** Enters the counts of the minutes and hours that are over. */
  settleOver(): void {
    this.#kinds.settleOver();
    for (const budget of [this.#strangers, this.#envoys]) budget.settleOver();
  }

  /** Enters every count: the server stops. */
  settleAll(): void {
    this.#kinds.settleAll();
    for (const budget of [this.#strangers, this.#envoys]) budget.settle();
  }

  #budgetOf({ subject }: Refusal): HourlyBudget {
    return STRANGERS.includes(subject) ? this.#strangers : this.#envoys;
  }
}

/** Lets so many entries through within an hour, and counts the others. */
class HourlyBudget {
  readonly #sink: RefusalSink;
  readonly #clock: SteadyClock;
  readonly #counts = new Map<string, { refusal: Refusal; count: number }>();
  #sinceMs = 0;
  #entered = 0;

  constructor(sink: RefusalSink, clock: SteadyClock) {
    this.#sink = sink;
    this.#clock = clock;
  }

  enter(refusal: Refusal, count: number): void {
    this.settleOver();
    if (this.#entered < ENTRIES_PER_HOUR) {
      this.#entered++;
      this.#sink(refusal, count);
      return;
    }
    const kind = `${refusal.action} ${refusal.reason}`;
    const before = this.#counts.get(kind);
    const counted = { ...refusal, subject: VARIOUS, method: VARIOUS, address: VARIOUS };
    this.#counts.set(kind, { refusal: counted, count: (before?.count ?? 0) + count });
  }

  settleOver(): void {
    const passedMs = this.#clock.monotonicMs() - this.#sinceMs;
    if (passedMs >= 0 && passedMs < HOUR_MS) return;
    this.settle();
    this.#sinceMs = this.#clock.monotonicMs();
    this.#entered = 0;
  }

  settle(): void {
    for (const { refusal, count } of this.#counts.values()) this.#sink(refusal, count);
    this.#counts.clear();
  }
}

function kindOf({ action, subject, reason, address }: Refusal): string {
  return [action, subject, reason, networkOf(address)].join(' ');
}
