import { type Metadata, ServerInterceptingCall, type ServerInterceptingCallInterface } from '@grpc/grpc-js';

/** What a call tells whoever handles it, in this order. Exactly as gRPC calls it. */
export type CallListener = Parameters<ServerInterceptingCallInterface['start']>[0];

type Status = Parameters<ServerInterceptingCallInterface['sendStatus']>[0];

/**
 * A call that an interceptor listens in on, and whose answer it leaves alone. gRPC's own class makes a chain of closures
 * for each step of every call, there and back, which takes as long as half of a bare call.
 */
export class OverheardCall extends ServerInterceptingCall {
  readonly #call: ServerInterceptingCallInterface;
  readonly #listenIn: (listener: CallListener) => CallListener;
  #onAnswer: () => void;

  #peer: string | undefined;

  /**
   * @param listenIn gets the listener of whoever handles the call, and passes on to it what it is to hear.
   * @param onAnswer hears once that whoever handles the call answers it, also where nobody waits for that any more.
   */
  constructor(
    call: ServerInterceptingCallInterface,
    listenIn: (listener: CallListener) => CallListener,
    onAnswer = () => {},
  ) {
    super(call);
    this.#call = call;
    this.#listenIn = listenIn;
    this.#onAnswer = onAnswer;
  }

  override start(listener: CallListener): void {
    this.#call.start(this.#listenIn(listener));
  }

  override sendMetadata(metadata: Metadata): void {
    this.#call.sendMetadata(metadata);
  }

  override sendMessage(message: unknown, callback: () => void): void {
    this.#hearAnswer();
    this.#call.sendMessage(message, callback);
  }

  override sendStatus(status: Status): void {
    this.#hearAnswer();
    this.#call.sendStatus(status);
  }

  /** Asked for by each who looks up the peer; gRPC puts it together anew every time. */
  override getPeer(): string {
    this.#peer ??= this.#call.getPeer();
    return this.#peer;
  }

  #hearAnswer(): void {
    const hear = this.#onAnswer;
    this.#onAnswer = () => {};
    hear();
  }
}
