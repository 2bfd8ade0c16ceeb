import { type ServerInterceptor, status } from '@grpc/grpc-js';
import { type CallListener, OverheardCall } from './overheard-call.js';

export interface CallDeadlineOptions {
  /** For a request to arrive whole and, unless that is a stream, for its answer to be taken. */
  readonly timeoutMs: number;
  /** How long a client has to hear that its call was given up. */
  readonly lastWordMs: number;
  /** Breaks the connection with this `address:port` on its other end. */
  readonly breakOff: (endpoint: string) => void;
}

/**
 * Ends a call that isn't over in time, and its connection, too, where that doesn't help: where a request never arrives
 * whole, which no handler would see, or an answer isn't taken. gRPC holds on to either until the client ends its stream,
 * whatever became of the call.
 */
export function callDeadline({ timeoutMs, lastWordMs, breakOff }: CallDeadlineOptions): ServerInterceptor {
  return (method, call) => {
    let isRead = false;
    let isWhole = false;
    let isRefused = false;
    let timer = setTimeout(() => {
      call.sendStatus({ code: status.DEADLINE_EXCEEDED, details: `not done within ${timeoutMs} ms` });
      timer = setTimeout(() => breakOff(call.getPeer()), lastWordMs).unref();
    }, timeoutMs).unref();
    const listenIn = (listener: CallListener): CallListener => ({
      onReceiveMetadata: (metadata) => listener.onReceiveMetadata(metadata),
      onReceiveMessage(message) {
        isRead = true;
        listener.onReceiveMessage(message);
      },
      onReceiveHalfClose() {
        isWhole = true;
        if (method.responseStream) clearTimeout(timer);
        listener.onReceiveHalfClose();
      },
      // gRPC says "cancel" when a call is over, however it ended: also by a deadline that the client chose itself.
      onCancel() {
        if (isWhole || isRefused) clearTimeout(timer);
        listener.onCancel();
      },
    });
    // What is refused before anything of it was read holds nothing, and an envoy that is told `busy` stays connected.
    return new OverheardCall(call, listenIn, () => {
      isRefused = !isRead;
    });
  };
}
