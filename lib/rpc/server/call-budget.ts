import { ServerInterceptingCall, type ServerInterceptor, type StatusObject } from '@grpc/grpc-js';
import { Rejection } from '../../wire/index.js';
import type { Peer } from '../peer.js';
import { statusOf } from '../status.js';
import { type CallListener, OverheardCall } from './overheard-call.js';

export interface CallBudgetOptions {
  /** Calls under way at one time, streams that are open not counted: each may hold a request in memory. */
  readonly maxCalls: number;
  /** Of one envoy, over all of its connections. */
  readonly maxCallsPerEnvoy: number;
  readonly peerAt: (endpoint: string) => Peer | undefined;
}

/**
 * Refuses a call over the limits before anything of its message is read: a `Rejection` `busy`, which is
 * RESOURCE_EXHAUSTED. So one envoy can't take what the others need, and a storm of all of them takes no memory.
 */
export function callBudget({ maxCalls, maxCallsPerEnvoy, peerAt }: CallBudgetOptions): ServerInterceptor {
  const callsOf = new Map<string, number>();
  let calls = 0;

  return (method, call) => {
    if (method.responseStream) return new ServerInterceptingCall(call);
    let end = () => {};
    /** What has to come to an end before the place is free: the call, and its handler, which no client can stop. */
    let pending = 1;
    const isOver = () => {
      if (--pending === 0) end();
    };
    const listenIn = (listener: CallListener): CallListener => ({
      onReceiveMetadata(metadata) {
        const envoy = nameOf(peerAt(call.getPeer()));
        const own = callsOf.get(envoy) ?? 0;
        if (own >= maxCallsPerEnvoy || calls >= maxCalls) {
          // Nothing is passed on: whoever was to handle the call never hears of it.
          call.sendStatus(own >= maxCallsPerEnvoy ? TOO_MANY_OF_ONE : TOO_MANY);
          return;
        }
        calls++;
        callsOf.set(envoy, own + 1);
        end = () => {
          calls--;
          const left = (callsOf.get(envoy) ?? 1) - 1;
          if (left === 0) callsOf.delete(envoy);
          else callsOf.set(envoy, left);
        };
        listener.onReceiveMetadata(metadata);
      },
      onReceiveMessage: (message) => listener.onReceiveMessage(message),
      onReceiveHalfClose() {
        pending++;
        listener.onReceiveHalfClose();
      },
      // gRPC says "cancel" when a call is over, however it ended.
      onCancel() {
        isOver();
        listener.onCancel();
      },
    });
    return new OverheardCall(call, listenIn, isOver);
  };
}

const TOO_MANY_OF_ONE = busy('this envoy has too many calls under way');
const TOO_MANY = busy('the server has too many calls under way');

function busy(message: string): StatusObject {
  return statusOf(new Rejection('busy', message));
}

function nameOf(peer: Peer | undefined): string {
  return `${peer?.trustDomain}/${peer?.envoyId}`;
}
