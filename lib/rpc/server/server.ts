import type { KeyObject } from 'node:crypto';
import type { Clock } from '../../base/index.js';
import type { AgentMethod } from '../../wire/index.js';
import type { ConnectionRefusal } from '../connection-refusal.js';
import type { Peer, PeerIdentity, PeerName } from '../peer.js';

/** One request of an agent: the bytes of its `SignedRequest`, of which nothing but the size was looked at. */
export interface AgentCall {
  readonly method: AgentMethod;
  readonly bytes: Uint8Array;
  readonly peer: Peer;
}

/** The server's side of an open wake-up stream. */
export interface HintStream {
  /** Tells the envoy to check in. Hints that it hasn't taken yet merge into one. */
  send(): void;
  /** Aborted once nobody listens any more, whoever ended it. */
  readonly closed: AbortSignal;
  /** Ends the stream without an error; the envoy opens another one. */
  end(): void;
}

/**
 * What the server does with each request; answers are the encoded message. A `Rejection` or any other VigoError
 * becomes its gRPC status with its public message, everything else `INTERNAL` with no message of its own.
 */
export interface AgentHandlers {
  checkIn(call: AgentCall): Promise<Uint8Array>;
  resolveSecrets(call: AgentCall): Promise<Uint8Array>;
  reportRun(call: AgentCall): Promise<Uint8Array>;
  /** The stream is open until the promise settles, or `closed` says that it is over. */
  wakeUp(call: AgentCall, stream: HintStream): Promise<void>;
}

export interface ServerLimits {
  /** Connections at one time, those in their handshake included. */
  readonly maxConnections: number;
  /** Connections at one time of one active envoy; a new one ends its oldest. Every other peer has one. */
  readonly maxConnectionsPerEnvoy: number;
  /** Connections in their handshake at one time from one network, as `networkOf` has it. */
  readonly maxHandshakesPerNetwork: number;
  /** Calls at one time on one connection; a client waits with the next one. */
  readonly maxConcurrentCalls: number;
  /** Calls at one time of one envoy and of all, wake-up streams not counted. One more is refused with `busy`. */
  readonly maxCallsPerEnvoy: number;
  readonly maxCalls: number;
  readonly handshakeTimeoutMs: number;
  /** From a call's first byte until its answer is taken; of a wake-up stream, until its request is there. */
  readonly callTimeoutMs: number;
  /** Afterwards the envoy is asked to connect anew. */
  readonly connectionAgeMs: number;
  /** How long calls on an aged connection may still take. */
  readonly connectionGraceMs: number;
  /** How often a silent peer is asked whether it is there, and how long it may take to say so. */
  readonly keepAliveMs: number;
  readonly keepAliveTimeoutMs: number;
}

export interface ServerOptions {
  /** `host:port`; port 0 picks one. */
  readonly listen: string;
  /** Client certificates are verified against `caPem` alone, which may hold several CAs. */
  readonly tls: { readonly certificatePem: string; readonly key: KeyObject; readonly caPem: string };
  readonly handlers: AgentHandlers;
  /** Asked once per connection. */
  readonly peerIdentity: PeerIdentity;
  /**
   * Whether a peer is an envoy that may have what it asks for. Asked once per connection. One that isn't still gets a
   * connection, over which the handlers say why not.
   */
  readonly isActive: (peer: Peer) => boolean;
  /** Who counts as one before anything about him is known; the address itself, unless given. */
  readonly networkOf?: ((address: string) => string) | undefined;
  readonly limits?: Partial<ServerLimits> | undefined;
  readonly clock?: Clock | undefined;
  /** Hears of what failed in a handler without being the caller's fault. The caller learns nothing of it. */
  readonly onError?: ((error: unknown, method: AgentMethod, peer: Peer | undefined) => void) | undefined;
  /** Hears of connections that came to nothing. */
  readonly onRefusedConnection?: ((reason: ConnectionRefusal, remoteAddress: string | undefined) => void) | undefined;
}

export interface AgentServer {
  /** `host:port` as it was bound. */
  readonly address: string;
  readonly port: number;
  /**
   * Shows and trusts something else on new connections. Those that are open go on, and end a moment later where the
   * client's certificate is of a CA that isn't trusted any more. @throws RpcError `bad_credentials`
   */
  useTls(tls: ServerOptions['tls']): void;
  /** Ends the connections of an envoy, a moment later, so that its streams end first. It may come back. */
  disconnect(peer: PeerName): void;
  /**
   * Takes no more connections, ends the wake-up streams and lets calls finish; after `graceMs` breaks what is left.
   * Resolves when the last connection is gone.
   */
  close(options: { readonly graceMs: number }): Promise<void>;
}
