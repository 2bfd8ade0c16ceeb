import { type KeyObject, X509Certificate } from 'node:crypto';
import { fromHex, splitPem } from '../base/index.js';
import type { Validity } from './certificate.js';
import { PkiError } from './errors.js';

/** @throws PkiError `bad_certificate` unless `pem` holds one certificate, and only one. */
export function readCertificate(pem: string): X509Certificate {
  const [block, ...more] = splitPem(pem);
  // Where one certificate is checked and all of a file are used, the second one slips through.
  if (block === undefined || more.length > 0) {
    throw new PkiError('bad_certificate', `the PEM holds ${more.length + (block ? 1 : 0)} certificates instead of one`);
  }
  try {
    return new X509Certificate(block);
  } catch (cause) {
    throw new PkiError('bad_certificate', 'this is not an X.509 certificate', { cause });
  }
}

/** SHA-256 of the certificate's DER, 32 bytes: what an enrollment token pins of the CA. @throws PkiError `bad_certificate` */
export function certificateHash(pem: string): Uint8Array {
  return fromHex(readCertificate(pem).fingerprint256.replaceAll(':', '').toLowerCase());
}

/** @throws PkiError `bad_certificate` */
export function certificateValidity(pem: string): Validity {
  const { validFrom, validTo } = readCertificate(pem);
  return { notBeforeMs: Date.parse(validFrom), notAfterMs: Date.parse(validTo) };
}

/** @throws PkiError `not_a_ca` where the certificate may not sign others; `bad_certificate` */
export function assertCa(pem: string): void {
  if (!readCertificate(pem).ca) throw new PkiError('not_a_ca', 'this certificate is not a CA certificate');
}

/** @throws PkiError `key_mismatch` where the key isn't the certificate's; `bad_certificate` */
export function assertKeyMatches(certificatePem: string, key: KeyObject): void {
  if (readCertificate(certificatePem).checkPrivateKey(key)) return;
  throw new PkiError('key_mismatch', 'the private key does not belong to the certificate');
}

/** @throws PkiError `not_issued` unless the CA's key signed the certificate; `bad_certificate` */
export function assertIssuedBy(caPem: string, certificatePem: string): void {
  const [ca, certificate] = [readCertificate(caPem), readCertificate(certificatePem)];
  if (certificate.checkIssued(ca) && certificate.verify(ca.publicKey)) return;
  throw new PkiError('not_issued', 'the certificate is not signed by this CA');
}
