import type { SteadyClock } from '../../base/index.js';

/** Takes an item, with how often it happened. */
export type Tell<T> = (item: T, count: number) => void;

interface Tally<T> {
  readonly item: T;
  readonly sinceMs: number;
  more: number;
}

/** Tells the first of a kind at once, and what follows within the window as one count. */
export class Tallies<T> {
  readonly #windowMs: number;
  readonly #clock: SteadyClock;
  readonly #tell: Tell<T>;
  readonly #tallies = new Map<string, Tally<T>>();

  constructor(windowMs: number, clock: SteadyClock, tell: Tell<T>) {
    this.#windowMs = windowMs;
    this.#clock = clock;
    this.#tell = tell;
  }

  get size(): number {
    return this.#tallies.size;
  }

  has(kind: string): boolean {
    return this.#tallies.has(kind);
  }

  note(kind: string, item: T): void {
    const tally = this.#tallies.get(kind);
    if (tally !== undefined && !this.#isOver(tally)) {
      tally.more++;
      return;
    }
    if (tally !== undefined) this.#settle(tally);
    this.#tallies.set(kind, { item, sinceMs: this.#clock.monotonicMs(), more: 0 });
    this.#tell(item, 1);
  }

  /** Tells the counts of the windows that are over. */
  settleOver(): void {
    for (const [kind, tally] of this.#tallies) {
      if (!this.#isOver(tally)) continue;
      this.#tallies.delete(kind);
      this.#settle(tally);
    }
  }

  /** Tells every count: the server stops. */
  settleAll(): void {
    for (const tally of this.#tallies.values()) this.#settle(tally);
    this.#tallies.clear();
  }

  #isOver({ sinceMs }: Tally<T>): boolean {
    const passedMs = this.#clock.monotonicMs() - sinceMs;
    // Less than nothing after the clock was set back: it must not go on for years.
    return passedMs < 0 || passedMs >= this.#windowMs;
  }

  #settle({ item, more }: Tally<T>): void {
    if (more > 0) this.#tell(item, more);
  }
}
