import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { networkOf } from '../abuse/network.js';

/** What strangers can take of the HTTPS port: each connection is a file descriptor, also one that never says a word. */
export interface ConnectionLimits {
  /** Connections at one time, those in their handshake included. */
  readonly maxConnections: number;
  readonly maxConnectionsPerNetwork: number;
  readonly handshakeTimeoutMs: number;
  /** Until a request's headers are there; of the first one, from the handshake on. */
  readonly headersTimeoutMs: number;
  /** Until a request is there whole. */
  readonly requestTimeoutMs: number;
  /** From a request's headers until its answer is taken. */
  readonly answerTimeoutMs: number;
  /** From an answer to the next request. */
  readonly keepAliveTimeoutMs: number;
  /** For the requests under way to be answered when the server stops. */
  readonly drainMs: number;
}

export const CONNECTION_LIMITS: ConnectionLimits = {
  maxConnections: 2000,
  // Many machines may enroll from behind one NAT, and people may all come through one proxy.
  maxConnectionsPerNetwork: 200,
  handshakeTimeoutMs: 10_000,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  // A megabyte of program over a slow line; whoever doesn't read what he asked for holds memory.
  answerTimeoutMs: 300_000,
  keepAliveTimeoutMs: 30_000,
  drainMs: 5_000,
};

/**
 * Takes connections up to the limits. When the app closes, requests under way are answered, within `drainMs`; every other
 * connection is broken at once, and takes nothing more.
 */
export function limitConnections(app: FastifyInstance, limits: ConnectionLimits): void {
  const open = new Map<string, Set<Socket>>();
  /** The answers that are owed, and to which end of a connection each is. */
  const owed = new Map<ServerResponse, string>();
  let isClosing = false;
  let onAnswered = () => {};

  app.server.maxConnections = limits.maxConnections;
  app.server.on('connection', (socket: Socket) => {
    const network = networkOf(socket.remoteAddress ?? '');
    const sockets = open.get(network) ?? new Set();
    if (sockets.size >= limits.maxConnectionsPerNetwork || isClosing) {
      socket.destroy();
      return;
    }
    open.set(network, sockets.add(socket));
    socket.once('close', () => {
      sockets.delete(socket);
      if (sockets.size === 0) open.delete(network);
    });
  });
  app.addHook('onRequest', ({ raw }, reply, done) => {
    const timer = setTimeout(() => raw.socket.destroy(), limits.answerTimeoutMs).unref();
    owed.set(reply.raw, endOf(raw.socket));
    reply.raw.once('close', () => {
      clearTimeout(timer);
      owed.delete(reply.raw);
      onAnswered();
    });
    done();
  });
  // The framework breaks the connections that are through their handshake, also in the middle of an answer, and would
  // wait for the others.
  app.addHook('preClose', async () => {
    isClosing = true;
    breakAll(new Set(owed.values()));
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, limits.drainMs);
      onAnswered = () => {
        if (owed.size > 0) return;
        clearTimeout(timer);
        resolve();
      };
      onAnswered();
    });
    breakAll(new Set());
  });

  function breakAll(but: ReadonlySet<string>): void {
    for (const sockets of open.values()) {
      for (const socket of sockets) if (!but.has(endOf(socket))) socket.destroy();
    }
  }
}

/** What a connection has in common with the TLS on it: `address:port` of the other end. */
function endOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress}:${remotePort}`;
}
