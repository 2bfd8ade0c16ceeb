import { equalBytes } from '../../base/index.js';
import type { Peer } from '../../rpc/index.js';
import { type CheckIn, decodeCheckIn } from '../../wire/index.js';

/** What an envoy without odd traits says has less than 1 KiB. */
const MAX_KEPT_BYTES = 4096;

/**
 * Reads check-ins. What comes over a connection a second time in the same bytes is what was read and checked the first
 * time: an envoy without news says the same every minute.
 */
export class LastCheckIns {
  readonly #last = new WeakMap<Peer, { readonly payload: Uint8Array; readonly checkIn: CheckIn }>();

  /** @param payload authentic. @throws WireError `malformed` */
  read(peer: Peer, payload: Uint8Array): CheckIn {
    const last = this.#last.get(peer);
    if (last !== undefined && equalBytes(last.payload, payload)) return last.checkIn;
    const checkIn = decodeCheckIn(payload);
    // A newer head is said once, after the server's database was put back.
    if (payload.length <= MAX_KEPT_BYTES && checkIn.newerHead === undefined) {
      this.#last.set(peer, { payload: copy(payload), checkIn: kept(checkIn) });
    }
    return checkIn;
  }
}

/** With bytes of its own, because what was decoded are views that hold on to a buffer of many messages. */
function kept({ heldHead, heldBody, generation, ...said }: CheckIn): CheckIn {
  return {
    ...said,
    heldHead: heldHead && copy(heldHead),
    heldBody: heldBody && copy(heldBody),
    generation: generation && copy(generation),
  };
}

function copy(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(bytes);
}
