import type { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import type { EnvoyId } from '../base/index.js';

/** Whom a certificate names. */
export interface PeerName {
  readonly trustDomain: string;
  readonly envoyId: EnvoyId;
}

/** Reads the name out of a certificate that our CA signed; undefined where it isn't an envoy's. */
export type PeerIdentity = (certificate: X509Certificate) => PeerName | undefined;

/** Who is on the other end of a connection, as its client certificate says. */
export interface Peer {
  /** Undefined where our CA signed the certificate, but it isn't an envoy's. */
  readonly envoyId: EnvoyId | undefined;
  readonly trustDomain: string | undefined;
  /** IP address without the port. Grants nothing. */
  readonly remoteAddress: string;
  /** When the certificate, and with it the connection, ends. */
  readonly notAfterMs: number;
}

/** @param certificate the peer's. @returns undefined where it wasn't verified, or the socket is gone already */
export function readPeer(
  { authorized, remoteAddress }: TLSSocket,
  certificate: X509Certificate,
  identity: PeerIdentity,
): Peer | undefined {
  if (!authorized || remoteAddress === undefined) return undefined;
  const name = identity(certificate);
  return {
    envoyId: name?.envoyId,
    trustDomain: name?.trustDomain,
    remoteAddress,
    notAfterMs: Date.parse(certificate.validTo),
  };
}
