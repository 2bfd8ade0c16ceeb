import { VigoError } from '../base/index.js';
import { sleep } from './alarm.js';
import { backoffMs, type Random } from './backoff.js';
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
  for (let failures = 0; !signal.aborted; await sleep(backoffMs(failures, random), signal)) {
    failures++;
    const settled = setTimeout(() => {
      failures = 0;
      onHint();
    }, SETTLED_MS);
    try {
      await session.wakeUp(onHint, signal);
    } catch (cause) {
      if (!(cause instanceof VigoError)) throw cause;
    } finally {
      clearTimeout(settled);
    }
  }
}
