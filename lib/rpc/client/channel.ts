import type { KeyObject } from 'node:crypto';
import type { AgentMethod } from '../../wire/index.js';

/** The methods that have one answer. */
export type UnaryMethod = Exclude<AgentMethod, 'WakeUp'>;

export interface ChannelOptions {
  /** `host:port` of the server. */
  readonly address: string;
  readonly tls: {
    /** The server's certificate is verified against this CA alone. */
    readonly caPem: string;
    readonly certificatePem: string;
    readonly key: KeyObject;
    /** The DNS name or IP that the server's certificate must hold, unless it is the host of `address`. */
    readonly serverName?: string | undefined;
  };
  /** How long each call may take, from connecting to the answer. */
  readonly deadlinesMs?: Partial<Readonly<Record<UnaryMethod, number>>> | undefined;
}

/**
 * An agent's way to its server. It connects with the first call, and again whenever the connection was lost; no call
 * is ever sent a second time.
 */
export interface AgentChannel {
  /**
   * @param request an encoded `SignedRequest`
   * @returns the bytes of the answer
   * @throws Rejection where the server's checks refused the request, RpcError for everything else
   */
  call(method: UnaryMethod, request: Uint8Array): Promise<Uint8Array>;
  /**
   * Calls `onHint`, which must not throw, with each hint. Resolves when the server ended the stream, or when `signal`
   * did.
   * @throws Rejection where the server's checks refused the request, RpcError for everything else
   */
  wakeUp(request: Uint8Array, onHint: () => void, signal: AbortSignal): Promise<void>;
  /** Breaks off what is under way, which fails with RpcError `cancelled`, and lets go of the connection. */
  close(): void;
}
