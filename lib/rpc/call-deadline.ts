import { ServerInterceptingCall, type ServerInterceptor, status } from '@grpc/grpc-js';

/**
 * Ends a call that isn't answered in time, also one whose request never arrives whole, which no handler would see. A
 * stream of answers is none of its business.
 */
export function callDeadline(timeoutMs: number): ServerInterceptor {
  return (method, call) => {
    if (method.responseStream) return new ServerInterceptingCall(call);
    const timer = setTimeout(() => {
      call.sendStatus({ code: status.DEADLINE_EXCEEDED, details: `no answer within ${timeoutMs} ms` });
    }, timeoutMs);
    // gRPC says "cancel" when a call is over, however it ended.
    return new ServerInterceptingCall(call, {
      start: (next) => next({ onCancel: () => clearTimeout(timer) }),
    });
  };
}
