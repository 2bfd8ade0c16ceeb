import {
  type handleServerStreamingCall,
  type handleUnaryCall,
  type StatusObject,
  type sendUnaryData,
  status,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { type AgentMethod, maxRequestBytes, Rejection, WireError } from '../../wire/index.js';
import type { UnaryMethod } from '../client/channel.js';
import type { Peer } from '../peer.js';
import { isServerFault } from '../server-fault.js';
import { statusOf } from '../status.js';
import { GrpcHintStream } from './hint-stream.js';
import type { AgentCall, AgentHandlers, ServerOptions } from './server.js';

export interface AgentServiceOptions {
  readonly handlers: AgentHandlers;
  readonly peerAt: (endpoint: string) => Peer | undefined;
  readonly onError: NonNullable<ServerOptions['onError']>;
}

/** Between gRPC's calls and the handlers: bounds, peer and errors are dealt with here, the same for each method. */
export class AgentService {
  readonly #options: AgentServiceOptions;
  readonly #calls = new Set<sendUnaryData<Uint8Array>>();
  readonly #streams = new Set<GrpcHintStream>();

  constructor(options: AgentServiceOptions) {
    this.#options = options;
  }

  get implementation(): UntypedServiceImplementation {
    const { handlers } = this.#options;
    return {
      CheckIn: this.#unary('CheckIn', (call) => handlers.checkIn(call)),
      ResolveSecrets: this.#unary('ResolveSecrets', (call) => handlers.resolveSecrets(call)),
      ReportRun: this.#unary('ReportRun', (call) => handlers.reportRun(call)),
      WakeUp: this.#wakeUp,
    };
  }

  endStreams(): void {
    for (const stream of this.#streams) stream.end();
  }

  /** Answers the calls that are left. What their handlers still answer goes nowhere. */
  giveUp(): void {
    const details = 'the server stopped before it had an answer';
    for (const respond of this.#calls) respond({ code: status.UNAVAILABLE, details });
  }

  #unary(
    method: UnaryMethod,
    handle: (call: AgentCall) => Promise<Uint8Array>,
  ): handleUnaryCall<Uint8Array, Uint8Array> {
    return async (call, respond) => {
      const peer = this.#options.peerAt(call.getPeer());
      this.#calls.add(respond);
      try {
        respond(null, await handle(agentCall(method, call.request, peer)));
      } catch (error) {
        respond(this.#status(error, method, peer));
      } finally {
        this.#calls.delete(respond);
      }
    };
  }

  readonly #wakeUp: handleServerStreamingCall<Uint8Array, Uint8Array> = async (call) => {
    const peer = this.#options.peerAt(call.getPeer());
    const stream = new GrpcHintStream(call);
    this.#streams.add(stream);
    try {
      await this.#options.handlers.wakeUp(agentCall('WakeUp', call.request, peer), stream);
      stream.end();
    } catch (error) {
      stream.fail(this.#status(error, 'WakeUp', peer));
    } finally {
      this.#streams.delete(stream);
    }
  };

  #status(error: unknown, method: AgentMethod, peer: Peer | undefined): StatusObject {
    if (isServerFault(error)) this.#options.onError(error, method, peer);
    return statusOf(error);
  }
}

/** @throws WireError `too_large`, Rejection `certificate` */
function agentCall(method: AgentMethod, bytes: Uint8Array, peer: Peer | undefined): AgentCall {
  // Bounds before anything else looks at the bytes.
  if (bytes.length > maxRequestBytes[method]) {
    throw new WireError('too_large', `a ${method} request has at most ${maxRequestBytes[method]} bytes`);
  }
  if (peer === undefined) throw new Rejection('certificate', 'the connection of this request is gone');
  return { method, bytes, peer };
}
