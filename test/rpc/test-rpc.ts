import type { Test } from 'tap';
import { type KeyedCertificate, parseEnvoyUri } from '../../lib/pki/index.js';
import {
  type AgentCall,
  type AgentChannel,
  type AgentHandlers,
  type AgentServer,
  type ChannelOptions,
  connectAgent,
  type ServerOptions,
  startAgentServer,
} from '../../lib/rpc/index.js';
import { makeCa, makeEnvoy, makeServer } from '../pki/test-pki.js';

export const ca = makeCa();
export const serverSide = makeServer(ca);
export const envoySide = makeEnvoy(ca);
export const REQUEST = Buffer.alloc(300, 7);

/** Answers each call with its own bytes and ends wake-up streams at once. */
const echo = async (call: AgentCall): Promise<Uint8Array> => call.bytes;
export const ECHO: AgentHandlers = { checkIn: echo, resolveSecrets: echo, reportRun: echo, wakeUp: async () => {} };

export function serverTls(certificate: KeyedCertificate = serverSide): ServerOptions['tls'] {
  return { ...certificate, caPem: ca.certificatePem };
}

/** A server on loopback that the test takes away again. */
export async function startServer(t: Test, options: Partial<ServerOptions> = {}): Promise<AgentServer> {
  const server = await startAgentServer({
    listen: '127.0.0.1:0',
    tls: serverTls(),
    handlers: ECHO,
    peerIdentity: parseEnvoyUri,
    isActive: () => true,
    ...options,
  });
  t.teardown(() => server.close({ graceMs: 0 }));
  return server;
}

export async function connect(
  t: Test,
  address: string,
  tls: Partial<ChannelOptions['tls']> = {},
  deadlinesMs: ChannelOptions['deadlinesMs'] = {},
): Promise<AgentChannel> {
  const channel = await connectAgent({
    address,
    tls: { ...envoySide, caPem: ca.certificatePem, ...tls },
    deadlinesMs,
  });
  t.teardown(() => channel.close());
  return channel;
}

export interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
}

export function deferred<T = void>(): Deferred<T> {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

/** Settles when the signal aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve());
  });
}
