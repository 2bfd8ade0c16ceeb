import { VigoError } from '../base/index.js';
import { sleep } from './alarm.js';
import { type Random, retryMs } from './backoff.js';
import type { Session } from './session.js';

/** After this a stream counts as open, and what was missed before it is asked for. */
const SETTLED_MS = 1000;

/**
 * Keeps a wake-up stream open until `signal` ends it, and calls `onHint` for each hint, and once for each stream,
 * because a hint may have been sent while there was none. Failures are the business of who checks in: here they only
 * mean another try, later and later.
 */
export async function keepWakeUp(
  session: Pick<Session, 'wakeUp'>,
  onHint: () => void,
  signal: AbortSignal,
  random: Random,
): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    failures++;
    const settled = setTimeout(() => {
      failures = 0;
      onHint();
    }, SETTLED_MS);
    const problem = await untilItEnds().finally(() => clearTimeout(settled));
    await sleep(retryMs(Math.max(1, failures), problem, random), signal);
  }

  async function untilItEnds(): Promise<VigoError | undefined> {
    try {
      await session.wakeUp(onHint, signal);
      return undefined;
    } catch (cause) {
      if (cause instanceof VigoError) return cause;
      throw cause;
    }
  }
}
