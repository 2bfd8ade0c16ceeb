import { X509Certificate } from 'node:crypto';
import { type EnvoyId, splitPem } from '../../base/index.js';
import { AgentError } from '../errors.js';
import type { TlsKey } from './tls-key.js';

/** Whom a certificate must name, and who must have signed it: one of the CAs. */
export interface OwnName {
  readonly trustDomain: string;
  readonly envoyId: EnvoyId | string;
  readonly caPem: string;
}

/**
 * The server must have certified what was asked: this key, this envoy, under the CA that is trusted.
 * @param pem untrusted
 * @returns PEM, made anew from what was checked, so that nothing around it gets into the file that holds the key.
 * @throws AgentError `bad_answer`
 */
export function ownCertificate(pem: string, key: TlsKey, { trustDomain, envoyId, caPem }: OwnName): string {
  const certificate = readCertificate(pem);
  const isOurs =
    certificate.checkPrivateKey(key.privateKey) &&
    issuerOf(certificate, caPem) !== 'nobody' &&
    certificate.subjectAltName === `URI:spiffe://${trustDomain}/envoy/${envoyId}`;
  if (!isOurs) throw new AgentError('bad_answer', 'the server certified something else than what it was asked');
  return certificate.toString();
}

/** Who of those that are trusted signed a certificate. @param caPem the CAs, the newest last */
export function issuerOf(certificate: X509Certificate, caPem: string): 'newest' | 'earlier' | 'nobody' {
  const authorities = splitPem(caPem).map((pem) => new X509Certificate(pem));
  const place = authorities.findIndex((ca) => certificate.checkIssued(ca) && certificate.verify(ca.publicKey));
  if (place === -1) return 'nobody';
  return place === authorities.length - 1 ? 'newest' : 'earlier';
}

function readCertificate(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    throw new AgentError('bad_answer', 'the server certified something else than what it was asked', { cause });
  }
}
