import type { Clock, EnvoyId } from '../base/index.js';
import type { Ed25519Signer } from '../crypto/index.js';
import { type RequestMethod, type SignedRequest, signedBytes } from '../wire/index.js';
import { IdentityError } from './errors.js';
import { isWithinReach, sequenceAt } from './sequence.js';

export interface RequestSignerOptions {
  readonly signer: Pick<Ed25519Signer, 'sign'>;
  readonly envoyId: EnvoyId;
  readonly clock: Clock;
}

export interface RequestSigner {
  /**
   * Signs a request under the next sequence number. To ask again, sign again.
   * @param instance 16 bytes: the server process that answers; zeros where it isn't known yet.
   * @throws IdentityError `exhausted` where no sequence below 2^53 is left
   */
  sign(method: RequestMethod, payload: Uint8Array, instance: Uint8Array): SignedRequest;
  /**
   * Goes on above what the server has seen, where the clock fell back between two processes of this agent. A sequence
   * more than a year ahead of the clock is ignored: no honest server has seen it.
   */
  raiseSequence(highest: number): void;
}

export function createRequestSigner({ signer, envoyId, clock }: RequestSignerOptions): RequestSigner {
  let sequence = sequenceAt(clock.nowMs());

  return {
    sign(method, payload, instance) {
      if (sequence >= Number.MAX_SAFE_INTEGER) {
        throw new IdentityError('exhausted', 'no sequence number is left', { hint: 'set the clock right and restart' });
      }
      const request = { envoyId, instance, sequence: ++sequence, issuedAtMs: clock.nowMs(), payload };
      return { ...request, signature: signer.sign(signedBytes(method, request)) };
    },
    raiseSequence(highest) {
      if (isWithinReach(highest, clock.nowMs())) sequence = Math.max(sequence, highest);
    },
  };
}
