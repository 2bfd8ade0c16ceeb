import { constants, X509Certificate } from 'node:crypto';
import type { AddressInfo, Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { type Clock, parseHostPort, splitPem } from '../../base/index.js';
import { type ConnectionRefusal, handshakeRefusal, refusedAddress } from '../connection-refusal.js';
import { type Credentials, withTlsOptions } from '../credentials.js';
import { RpcError } from '../errors.js';
import { type Peer, type PeerIdentity, type PeerName, readPeer } from '../peer.js';
import type { Handshakes } from './handshakes.js';
import { NewestConnections } from './newest-connections.js';

/** No resumption: a ticket would outlive the check of the certificate that earned it. */
const SECURE_OPTIONS = constants.SSL_OP_NO_TICKET;

/** The longest delay that a timer takes. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export interface TlsListenerOptions {
  readonly credentials: Credentials;
  readonly peerIdentity: PeerIdentity;
  readonly clock: Clock;
  readonly maxConnections: number;
  /** Of one peer; a new one ends its oldest. */
  readonly maxConnectionsOf: (peer: Peer) => number;
  readonly handshakeTimeoutMs: number;
  readonly handshakes: Handshakes;
  /** Takes a connection whose peer is verified and speaks HTTP/2. */
  readonly onConnection: (socket: TLSSocket) => void;
  readonly onRefused: (reason: ConnectionRefusal, remoteAddress: string | undefined) => void;
}

interface Connection {
  readonly peer: Peer;
  readonly socket: TLSSocket;
  /** SHA-256 of the CA certificate that signed the peer's. */
  readonly issuer: string;
}

/**
 * Accepts TLS 1.3 connections that show a certificate of our CA, and knows who is on each. gRPC gets a connection when
 * all of that is done: it can't set a minimum version itself, and would read the certificate again with every call.
 */
export class TlsListener {
  readonly #server: Server;
  readonly #options: TlsListenerOptions;
  readonly #sockets = new Set<Socket>();
  /** By `address:port` of the other end. */
  readonly #connections = new Map<string, Connection>();
  readonly #newest = new NewestConnections();
  #authorities: readonly X509Certificate[];

  /** @throws RpcError `bad_credentials` */
  constructor(options: TlsListenerOptions) {
    this.#options = options;
    this.#authorities = authoritiesIn(options.credentials);
    this.#server = withTlsOptions(options.credentials, (tls) =>
      createServer({
        ...tls,
        requestCert: true,
        rejectUnauthorized: true,
        ALPNProtocols: ['h2'],
        handshakeTimeout: options.handshakeTimeoutMs,
        secureOptions: SECURE_OPTIONS,
      }),
    );
    this.#server.maxConnections = options.maxConnections;
    this.#server.on('connection', (socket: Socket) => {
      if (!options.handshakes.begin(socket)) {
        options.onRefused('too_many_handshakes', socket.remoteAddress);
        socket.destroy();
        return;
      }
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    this.#server.on('secureConnection', (socket) => this.#accept(socket));
    this.#server.on('tlsClientError', (error, socket) => {
      options.onRefused(handshakeRefusal(error, socket), refusedAddress(socket));
      // Node reports a handshake that takes too long, and leaves its connection open.
      socket.destroy();
    });
  }

  /** @throws BaseError `bad_address`, RpcError `listen` */
  async listen(address: string): Promise<AddressInfo> {
    const { host, port } = parseHostPort(address);
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', (cause) => {
        reject(new RpcError('listen', `can't listen on ${address}: ${cause.message}`, { cause }));
      });
      this.#server.listen(host === '' ? { port } : { host, port }, resolve);
    });
    // Later on: a connection couldn't be accepted, most often for want of file descriptors. The others go on.
    this.#server.on('error', () => this.#options.onRefused('not_accepted', undefined));
    return this.#server.address() as AddressInfo;
  }

  /** @param endpoint `address:port` of the other end of a connection that was handed on and is still open. */
  peerAt(endpoint: string): Peer | undefined {
    return this.#connections.get(endpoint)?.peer;
  }

  /** For connections from now on, those in their handshake included. @throws RpcError `bad_credentials` */
  useCredentials(credentials: Credentials): void {
    withTlsOptions(credentials, (tls) => this.#server.setSecureContext({ ...tls, secureOptions: SECURE_OPTIONS }));
    this.#authorities = authoritiesIn(credentials);
  }

  /** Breaks the connections whose peers have their certificates of a CA that doesn't count any more. */
  breakStrangers(): void {
    const known = new Set(this.#authorities.map(({ fingerprint256 }) => fingerprint256));
    for (const { issuer, socket } of this.#connections.values()) if (!known.has(issuer)) socket.destroy();
  }

  /** Breaks one connection, named like `peerAt` names it. */
  breakOff(endpoint: string): void {
    this.#connections.get(endpoint)?.socket.destroy();
  }

  /** Ends every connection of an envoy; it may come back. */
  endPeer(name: PeerName): void {
    this.#newest.end(nameOf(name));
  }

  /** Takes no more connections. Resolves when the last one is gone. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  /** Breaks every connection, also those in their handshake. */
  breakAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #accept(socket: TLSSocket): void {
    this.#options.handshakes.end(socket);
    const endpoint = `${socket.remoteAddress}:${socket.remotePort}`;
    socket.on('error', () => {}); // followed by `close`, which is all that matters
    const certificate = socket.getPeerX509Certificate();
    const peer = certificate && readPeer(socket, certificate, this.#options.peerIdentity);
    // The handshake may have begun when another CA still counted.
    const issuer = this.#authorities.find((ca) => certificate?.checkIssued(ca) && certificate.verify(ca.publicKey));
    // The handshake checks the certificate's time once; a connection must not outlast it.
    const leftMs = peer === undefined ? 0 : peer.notAfterMs - this.#options.clock.nowMs();
    // Two machines behind one NAT may show the same endpoint to two addresses of ours; the second one tries again.
    const twice = this.#connections.has(endpoint);
    const isUsable = leftMs > 0 && !twice && socket.alpnProtocol === 'h2' && this.#server.listening;
    if (peer === undefined || issuer === undefined || !isUsable) {
      const isOver = peer !== undefined && leftMs <= 0;
      const isStranger = peer !== undefined && issuer === undefined;
      const reason = isOver ? 'certificate_expired' : isStranger ? 'certificate_untrusted' : 'no_handshake';
      this.#options.onRefused(reason, socket.remoteAddress);
      socket.destroy();
      return;
    }
    this.#connections.set(endpoint, { peer, socket, issuer: issuer.fingerprint256 });
    const expiry = setTimeout(() => socket.destroy(), Math.min(leftMs, MAX_TIMER_MS));
    socket.once('close', () => {
      clearTimeout(expiry);
      this.#connections.delete(endpoint);
    });
    this.#newest.add(nameOf(peer), socket, this.#options.maxConnectionsOf(peer));
    this.#options.onConnection(socket);
  }
}

function authoritiesIn({ caPem }: Credentials): X509Certificate[] {
  return splitPem(caPem).map((pem) => new X509Certificate(pem));
}

function nameOf({ trustDomain, envoyId }: Pick<Peer, 'trustDomain' | 'envoyId'>): string {
  return `${trustDomain}/${envoyId}`;
}
