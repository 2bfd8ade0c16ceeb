import type { TLSSocket } from 'node:tls';

/** Why a connection came to nothing. The first three tell of somebody who wanted to be an envoy. */
export type ConnectionRefusal =
  | 'certificate_missing'
  | 'certificate_expired'
  | 'certificate_untrusted' // of another CA, for another purpose, or without its key
  | 'too_many_handshakes' // of one network
  | 'no_handshake' // no TLS 1.3 with HTTP/2: another protocol, a port scan, a peer that left or was silent
  | 'not_accepted'; // by this server's system, most often for want of file descriptors

/** What a handshake failed of. Node's own words name addresses in its memory and paths of its build. */
export function handshakeRefusal(error: Error, { authorizationError }: TLSSocket): ConnectionRefusal {
  // The code of a verification that failed stands there as a text, whatever its type says.
  const verification: unknown = authorizationError;
  if (verification === 'CERT_HAS_EXPIRED') return 'certificate_expired';
  if (verification) return 'certificate_untrusted';
  const code = 'code' in error ? String(error.code) : '';
  if (code === 'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE') return 'certificate_missing';
  return /CERT|SIGNATURE/.test(code) ? 'certificate_untrusted' : 'no_handshake';
}

/** Where a connection came from. Node lets go of it when it refuses a certificate; the socket below keeps it. */
export function refusedAddress(socket: TLSSocket & { readonly _parent?: { readonly remoteAddress?: string } }) {
  return socket.remoteAddress ?? socket._parent?.remoteAddress;
}
