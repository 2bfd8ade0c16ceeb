import { VigoError } from '../../base/index.js';
import { Rejection } from '../../wire/index.js';
import { sleep } from './alarm.js';
import { type Random, retryMs } from './backoff.js';
import type { Session } from './session.js';

/** After this a stream counts as open, and what was missed before it is asked for. */
const SETTLED_MS = 1000;
/** So many failures in a row are no restart of the server any more. */
const LASTING_FAILURES = 2;

/**
 * Keeps a wake-up stream open until `signal` ends it, and calls `onHint` for each hint, and once for each stream,
 * because a hint may have been sent while there was none. Failures are the business of who checks in: here they only
 * mean another try, later and later, and one hint where they last, because a check-in may mend what keeps a stream from
 * being opened, like a certificate that doesn't count any more.
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
    const isConnectionLost = problem !== undefined && !(problem instanceof Rejection);
    const isExpelled = problem instanceof Rejection && problem.code === 'revoked';
    // The check-in notes it, for vigo status.
    if ((isConnectionLost && failures === LASTING_FAILURES) || (isExpelled && failures === 1)) onHint();
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
