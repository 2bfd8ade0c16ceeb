import type { ServerWritableStream, StatusObject } from '@grpc/grpc-js';
import type { HintStream } from './server.js';

/** `Hint {}`: a message without fields has no bytes. */
const HINT = new Uint8Array();

/** The server's side of a wake-up stream, over gRPC's. */
export class GrpcHintStream implements HintStream {
  readonly #call: ServerWritableStream<Uint8Array, Uint8Array>;
  readonly #closing = new AbortController();
  /** Hints that gRPC hasn't passed on yet. A slow reader gets one more at most, since two say no more than one. */
  #pending: 0 | 1 | 2 = 0;

  constructor(call: ServerWritableStream<Uint8Array, Uint8Array>) {
    this.#call = call;
    // gRPC says "cancelled" when a call is over, however it ended.
    call.once('cancelled', () => this.#closing.abort());
  }

  get closed(): AbortSignal {
    return this.#closing.signal;
  }

  send(): void {
    if (this.closed.aborted) return;
    if (this.#pending === 0) this.#write();
    else this.#pending = 2;
  }

  end(): void {
    if (this.closed.aborted) return;
    this.#call.end();
    this.#closing.abort();
  }

  fail(status: StatusObject): void {
    if (this.closed.aborted) return;
    this.#call.emit('error', status);
    this.#closing.abort();
  }

  #write(): void {
    this.#pending = 1;
    this.#call.write(HINT, () => {
      const another = this.#pending === 2;
      this.#pending = 0;
      if (another) this.send();
    });
  }
}
