import { Server, ServerCredentials } from '@grpc/grpc-js';
import { formatHostPort, parseHostPort, systemClock } from '../../base/index.js';
import { MAX_ANSWER_BYTES, maxRequestBytes } from '../../wire/index.js';
import { agentService } from '../service.js';
import { AgentService } from './agent-service.js';
import { callBudget } from './call-budget.js';
import { callDeadline } from './call-deadline.js';
import { Handshakes } from './handshakes.js';
import type { AgentServer, ServerLimits, ServerOptions } from './server.js';
import { TlsListener } from './tls-listener.js';

const DEFAULT_LIMITS: ServerLimits = {
  maxConnections: 20_000,
  // An agent that runs, another one that was started by hand, and what either of them lost with its network.
  maxConnectionsPerEnvoy: 4,
  // As many as a server finishes within the time that each has, on two cores and while others come.
  maxHandshakesPerNetwork: 500,
  // An agent has its wake-up stream and one call. Each call may hold a request of the largest size in memory.
  maxConcurrentCalls: 4,
  maxCallsPerEnvoy: 8,
  maxCalls: 1000,
  handshakeTimeoutMs: 10_000,
  callTimeoutMs: 30_000,
  connectionAgeMs: 12 * 3_600_000,
  connectionGraceMs: 60_000,
  keepAliveMs: 60_000,
  keepAliveTimeoutMs: 20_000,
};

/** How long a client has to hear that its call was given up. */
const LAST_WORD_MS = 100;

/** Puts gRPC on the connections that a `TlsListener` verified. */
export async function listen(options: ServerOptions): Promise<AgentServer> {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const listener = new TlsListener({
    credentials: options.tls,
    peerIdentity: options.peerIdentity,
    clock: options.clock ?? systemClock,
    maxConnections: limits.maxConnections,
    maxConnectionsOf: (peer) => (options.isActive(peer) ? limits.maxConnectionsPerEnvoy : 1),
    handshakeTimeoutMs: limits.handshakeTimeoutMs,
    handshakes: new Handshakes(limits.maxHandshakesPerNetwork, options.networkOf ?? ((address) => address)),
    onConnection: (socket) => injector.injectConnection(socket),
    onRefused: options.onRefusedConnection ?? (() => {}),
  });
  const service = new AgentService({
    handlers: options.handlers,
    peerAt: (endpoint) => listener.peerAt(endpoint),
    onError: options.onError ?? (() => {}),
  });
  const grpc = new Server({
    'grpc.enable_channelz': 0,
    'grpc.max_receive_message_length': Math.max(...Object.values(maxRequestBytes)),
    'grpc.max_send_message_length': MAX_ANSWER_BYTES,
    'grpc.max_concurrent_streams': limits.maxConcurrentCalls,
    'grpc.max_connection_age_ms': limits.connectionAgeMs,
    'grpc.max_connection_age_grace_ms': limits.connectionGraceMs,
    'grpc.keepalive_time_ms': limits.keepAliveMs,
    'grpc.keepalive_timeout_ms': limits.keepAliveTimeoutMs,
    interceptors: [
      callDeadline({
        timeoutMs: limits.callTimeoutMs,
        lastWordMs: LAST_WORD_MS,
        breakOff: (endpoint) => listener.breakOff(endpoint),
      }),
      callBudget({ ...limits, peerAt: (endpoint) => listener.peerAt(endpoint) }),
    ],
  });
  grpc.addService(agentService, service.implementation);
  // "Insecure" to gRPC alone, which binds no port: it gets connections only from the listener, their TLS done.
  const injector = grpc.createConnectionInjector(ServerCredentials.createInsecure());
  const { port } = await listener.listen(options.listen);

  let closed: Promise<void> | undefined;
  const close = async (graceMs: number): Promise<void> => {
    const lastGone = listener.close();
    injector.destroy(); // tells every connection to go away once its calls are done
    service.endStreams();
    const givingUp = setTimeout(() => service.giveUp(), graceMs);
    const breaking = setTimeout(() => listener.breakAll(), graceMs + LAST_WORD_MS);
    await lastGone;
    clearTimeout(givingUp);
    clearTimeout(breaking);
  };
  return {
    address: formatHostPort({ ...parseHostPort(options.listen), port }),
    port,
    useTls(tls) {
      listener.useCredentials(tls);
      setTimeout(() => listener.breakStrangers(), LAST_WORD_MS);
    },
    disconnect: (peer) => void setTimeout(() => listener.endPeer(peer), LAST_WORD_MS),
    close: ({ graceMs }) => {
      closed ??= close(graceMs);
      return closed;
    },
  };
}
