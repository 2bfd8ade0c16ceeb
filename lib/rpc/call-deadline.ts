import { ServerInterceptingCall, type ServerInterceptor, status } from '@grpc/grpc-js';

export interface CallDeadlineOptions {
  /** For a request to arrive whole and, unless that is a stream, for its answer. */
  readonly timeoutMs: number;
  /** Breaks the connection with this `address:port` on its other end. */
  readonly breakOff: (endpoint: string) => void;
}

/**
 * Ends a call that isn't answered in time. One whose request never arrives whole, which no handler would see, ends its
 * connection, too: gRPC holds on to what came until the client ends its stream, whatever became of the call.
 */
export function callDeadline({ timeoutMs, breakOff }: CallDeadlineOptions): ServerInterceptor {
  return (method, call) => {
    let isWhole = false;
    const timer = setTimeout(() => {
      call.sendStatus({ code: status.DEADLINE_EXCEEDED, details: `not done within ${timeoutMs} ms` });
      if (!isWhole) breakOff(call.getPeer());
    }, timeoutMs).unref();
    return new ServerInterceptingCall(call, {
      start: (next) =>
        next({
          onReceiveHalfClose: (next) => {
            isWhole = true;
            if (method.responseStream) clearTimeout(timer);
            next();
          },
          // gRPC says "cancel" when a call is over, however it ended: also by a deadline that the client chose itself.
          onCancel: () => {
            if (isWhole) clearTimeout(timer);
          },
        }),
    });
  };
}
