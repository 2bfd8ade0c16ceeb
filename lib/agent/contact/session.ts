import type { RequestSigner } from '../../identity/index.js';
import type { UnaryMethod } from '../../rpc/index.js';
import {
  encodeSignedRequest,
  INSTANCE_BYTES,
  provesRevocation,
  Rejection,
  type RejectionReason,
  type RequestMethod,
  requestHash,
  type SignedRequest,
} from '../../wire/index.js';
import { AgentError } from '../errors.js';
import type { PolicyTrust } from '../held/held-policy.js';

/** The part of a connection that is needed here. */
export interface SessionChannel {
  call(method: UnaryMethod, request: Uint8Array): Promise<Uint8Array>;
  wakeUp(request: Uint8Array, onHint: () => void, signal: AbortSignal): Promise<void>;
}

export interface Answered {
  readonly answer: Uint8Array;
  /** What a sealed answer, or a generation, must be bound to. */
  readonly requestHash: Uint8Array;
}

/**
 * Signed calls to whichever server process answers. Two refusals are mended here, each once per call, by signing
 * again: `instance`, because only the answer tells which process it is, and `replay`, because a clock that fell back
 * makes sequences that were used.
 */
export class Session {
  readonly #channel: SessionChannel;
  readonly #signer: RequestSigner;
  readonly #trust: PolicyTrust;
  #instance = new Uint8Array(INSTANCE_BYTES);

  /** @param trust by which the server proves that this envoy is revoked */
  constructor(channel: SessionChannel, signer: RequestSigner, trust: PolicyTrust) {
    this.#channel = channel;
    this.#signer = signer;
    this.#trust = trust;
  }

  /** The server process that answered last. */
  get instance(): Uint8Array {
    return this.#instance;
  }

  /** @throws Rejection, RpcError */
  async call(method: UnaryMethod, payload: Uint8Array): Promise<Answered> {
    return this.sign(method, payload, async (request) => ({
      answer: await this.#channel.call(method, encodeSignedRequest(request)),
      requestHash: await requestHash(method, request),
    }));
  }

  /** Resolves when the server ended the stream, or `signal` did. @throws Rejection, RpcError */
  async wakeUp(onHint: () => void, signal: AbortSignal): Promise<void> {
    await this.sign('WakeUp', new Uint8Array(), (request) =>
      this.#channel.wakeUp(encodeSignedRequest(request), onHint, signal),
    );
  }

  /**
   * Signs a request and sends it by `send`, once more where signing again mends a refusal.
   * @throws what `send` throws; AgentError `unproven` in the place of a Rejection `revoked` that proves nothing
   */
  async sign<T>(method: RequestMethod, payload: Uint8Array, send: (request: SignedRequest) => Promise<T>): Promise<T> {
    const mended = new Set<RejectionReason>();
    for (;;) {
      try {
        return await send(this.#signer.sign(method, payload, this.#instance));
      } catch (cause) {
        if (!(cause instanceof Rejection)) throw cause;
        await this.#demandProof(cause);
        if (mended.has(cause.code) || !this.#mend(cause)) throw cause;
        mended.add(cause.code);
      }
    }
  }

  /** Against somebody with the server's TLS key who would have the fleet stay away for an hour. */
  async #demandProof({ code, revocation }: Rejection): Promise<void> {
    if (code !== 'revoked') return;
    const { envoyId, pinned } = this.#trust;
    if (revocation !== undefined && (await provesRevocation(revocation, envoyId, pinned))) return;
    throw new AgentError('unproven', 'the server calls this envoy revoked and does not prove it', {
      hint: "somebody may stand between this machine and its server, or hold that server's certificate",
    });
  }

  #mend({ code, instance, highestSequence }: Rejection): boolean {
    if (code === 'instance' && instance !== undefined) {
      this.#instance = Uint8Array.from(instance);
      return true;
    }
    if (code === 'replay' && highestSequence !== undefined) {
      this.#signer.raiseSequence(highestSequence);
      return true;
    }
    return false;
  }
}
