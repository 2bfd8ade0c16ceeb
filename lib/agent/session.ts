import type { RequestSigner } from '../identity/index.js';
import type { UnaryMethod } from '../rpc/index.js';
import {
  encodeSignedRequest,
  INSTANCE_BYTES,
  Rejection,
  type RejectionReason,
  type RequestMethod,
  requestHash,
  type SignedRequest,
} from '../wire/index.js';

/** The part of a connection that is needed here. */
export interface SessionChannel {
  call(method: UnaryMethod, request: Uint8Array): Promise<Uint8Array>;
  wakeUp(request: Uint8Array, onHint: () => void, signal: AbortSignal): Promise<void>;
}

export interface Answered {
  readonly answer: Uint8Array;
  /** What the answer must be bound to, where it is sealed. */
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
  #instance = new Uint8Array(INSTANCE_BYTES);

  constructor(channel: SessionChannel, signer: RequestSigner) {
    this.#channel = channel;
    this.#signer = signer;
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
   * @throws what `send` throws
   */
  async sign<T>(method: RequestMethod, payload: Uint8Array, send: (request: SignedRequest) => Promise<T>): Promise<T> {
    const mended = new Set<RejectionReason>();
    for (;;) {
      try {
        return await send(this.#signer.sign(method, payload, this.#instance));
      } catch (cause) {
        if (!(cause instanceof Rejection) || mended.has(cause.code) || !this.#mend(cause)) throw cause;
        mended.add(cause.code);
      }
    }
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
