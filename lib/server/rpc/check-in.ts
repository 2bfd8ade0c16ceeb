import { type Clock, equalBytes } from '../../base/index.js';
import { type CheckInAnswer, decodeCheckIn, encodeCheckInAnswer } from '../../wire/index.js';
import type { Fleet } from '../fleet.js';
import type { LivePolicy } from '../live-policy.js';
import type { AuthenticatedRequest } from './authenticate.js';

export interface CheckInContext {
  readonly live: LivePolicy;
  readonly fleet: Fleet;
  readonly clock: Clock;
  readonly intervalMs: number;
}

/** Gives the envoy its bundle, or nothing where it holds the current one: then nothing is built, asked or signed. */
export async function checkIn(
  { live, fleet, clock, intervalMs }: CheckInContext,
  { envoy, payload }: AuthenticatedRequest,
): Promise<Uint8Array> {
  const { heldHead, heldBody, traits } = decodeCheckIn(payload);
  fleet.saw(envoy.id, traits);
  const answer: Omit<CheckInAnswer, 'bundle'> = { serverTimeMs: clock.nowMs(), intervalMs };
  const bundle = await live.bundleFor(envoy);
  if (bundle === undefined || (heldHead !== undefined && equalBytes(heldHead, bundle.headHash))) {
    return encodeCheckInAnswer({ ...answer, bundle: undefined });
  }
  const holdsBody = heldBody !== undefined && equalBytes(heldBody, bundle.body.hash);
  return encodeCheckInAnswer({
    ...answer,
    bundle: { head: bundle.head, body: holdsBody ? undefined : bundle.body.bytes },
  });
}
