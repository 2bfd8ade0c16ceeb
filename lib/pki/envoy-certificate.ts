import { type Clock, type EnvoyId, toHex } from '../base/index.js';
import { openAuthority } from './authority.js';
import { commonName, type KeyedCertificate, signCertificate, validity } from './certificate.js';
import { leafExtensions } from './extensions.js';
import { readPublicKey } from './keys.js';
import { certificateHash } from './read-certificate.js';
import { envoyUri } from './spiffe.js';

export interface EnvoyCertificateRequest {
  readonly ca: KeyedCertificate;
  readonly envoyId: EnvoyId;
  readonly trustDomain: string;
  /** SubjectPublicKeyInfo, DER, P-256, 91 bytes. That the envoy holds the private half must be proven already. */
  readonly publicKey: Uint8Array;
  readonly ttlMs: number;
  readonly clock: Clock;
}

export interface EnvoyCertificate {
  readonly certificatePem: string;
  /** Lower-case hexadecimal. */
  readonly serial: string;
  /** Whole seconds; earlier than asked for where the CA ends earlier. */
  readonly notAfterMs: number;
  /** SHA-256 of the CA certificate, lower-case hexadecimal. */
  readonly issuer: string;
}

/**
 * An X509-SVID: good for clientAuth alone, and `spiffe://<trust domain>/envoy/<uuid>` is the only name that counts.
 * @throws PkiError `bad_key`, `bad_name` for the trust domain, `bad_lifetime`, and what `ca` may lack:
 * `bad_certificate`, `bad_key`, `not_a_ca`, `key_mismatch`, `expired`
 */
export function issueEnvoyCertificate(request: EnvoyCertificateRequest): EnvoyCertificate {
  const authority = openAuthority(request.ca, request.clock);
  const publicKey = readPublicKey(request.publicKey);
  const lifetime = validity(request.clock, request.ttlMs, authority.notAfterMs);
  const { certificatePem, serial } = signCertificate(
    {
      issuer: authority.name,
      subject: commonName(request.envoyId),
      validity: lifetime,
      publicKey,
      extensions: leafExtensions('clientAuth', {
        publicKey,
        authorityKeyId: authority.keyId,
        names: [{ type: 'uri', value: envoyUri(request) }],
      }),
    },
    authority.key,
  );
  const issuer = toHex(certificateHash(request.ca.certificatePem));
  return { certificatePem, serial, notAfterMs: lifetime.notAfterMs, issuer };
}
