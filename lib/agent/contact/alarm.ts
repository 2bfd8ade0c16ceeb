import { setTimeout } from 'node:timers/promises';

/** Node runs a timer beyond 2^31 ms at once; who waits longer looks at the clock in between. */
const MAX_SLEEP_MS = 86_400_000;

/** A wait that can be ended early. Several calls of `raise` before the next wait count as one. */
export class Alarm {
  #raised = false;
  #wake = new AbortController();

  raise(): void {
    this.#raised = true;
    this.#wake.abort();
  }

  /** Whether it was raised since the last time this was asked. */
  take(): boolean {
    const raised = this.#raised;
    this.#raised = false;
    this.#wake = new AbortController();
    return raised;
  }

  /** Resolves after `ms`, or when it was raised, or when `signal` ends it: never rejects. */
  async wait(ms: number, signal: AbortSignal): Promise<void> {
    await sleep(ms, AbortSignal.any([signal, this.#wake.signal]));
  }
}

/** Resolves after `ms`, a day at the latest, or when `signal` ends it: never rejects. */
export async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  await setTimeout(Math.min(ms, MAX_SLEEP_MS), undefined, { signal }).catch(() => {});
}
