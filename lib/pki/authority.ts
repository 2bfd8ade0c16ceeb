import type { KeyObject } from 'node:crypto';
import type { Clock } from '../base/index.js';
import { commonName, daysMs, type KeyedCertificate, signCertificate, validity } from './certificate.js';
import { content, type Der, decodeDer, dottedOid, elements } from './der.js';
import { PkiError } from './errors.js';
import { caExtensions, SUBJECT_KEY_IDENTIFIER } from './extensions.js';
import { assertP256, generateKeyPair, keyIdentifier } from './keys.js';
import { assertCa, assertKeyMatches, certificateValidity, readCertificate } from './read-certificate.js';
import { trustDomainUri } from './spiffe.js';
import type { AltName } from './subject-alt-name.js';

export interface CaRequest {
  /** 1 to 64 characters. */
  readonly commonName: string;
  /** Named by the CA as `spiffe://<trust domain>`, if given (X509-SVID section 2). */
  readonly trustDomain?: string | undefined;
  readonly days: number;
  readonly clock: Clock;
}

/**
 * A new P-256 key and a self-signed CA certificate over it, which may sign leaves only.
 * @throws PkiError `bad_name`, `bad_lifetime`
 */
export function generateCa(request: CaRequest): KeyedCertificate {
  const { publicKey, privateKey } = generateKeyPair();
  const name = commonName(request.commonName);
  const names: AltName[] =
    request.trustDomain === undefined ? [] : [{ type: 'uri', value: trustDomainUri(request.trustDomain) }];
  const extensions = caExtensions({ publicKey, authorityKeyId: keyIdentifier(publicKey), names });
  const { certificatePem } = signCertificate(
    { issuer: name, subject: name, validity: validity(request.clock, daysMs(request.days)), publicKey, extensions },
    privateKey,
  );
  return { certificatePem, key: privateKey };
}

/** A CA ready to sign. */
export interface Authority {
  readonly name: Der;
  readonly keyId: Uint8Array;
  readonly key: KeyObject;
  readonly notAfterMs: number;
}

/**
 * @throws PkiError `bad_certificate`, `bad_key`, `not_a_ca`, `key_mismatch`, or `expired` where the CA's time is over.
 */
export function openAuthority(ca: KeyedCertificate, clock: Clock): Authority {
  assertCa(ca.certificatePem);
  assertP256(ca.key);
  assertKeyMatches(ca.certificatePem, ca.key);
  const { notAfterMs } = certificateValidity(ca.certificatePem);
  if (notAfterMs <= clock.nowMs()) {
    throw new PkiError('expired', `the CA certificate expired at ${new Date(notAfterMs).toISOString()}`, {
      hint: 'make a new one with vigocli pki rotate-ca',
    });
  }
  const certificate = readCertificate(ca.certificatePem);
  // version, serial, algorithm, issuer, validity, subject, key, … : a CA certificate is v3, so version is there.
  const [body] = elements(decodeDer(certificate.raw));
  const name = elements(body)[5];
  if (name === undefined) throw new PkiError('bad_certificate', 'the CA certificate has no subject');
  return { name, keyId: subjectKeyIdOf(body) ?? keyIdentifier(certificate.publicKey), key: ca.key, notAfterMs };
}

/** A CA that somebody else made has an identifier of its own making, and its leaves must name that one. */
function subjectKeyIdOf(body: Der | undefined): Uint8Array | undefined {
  const extensions = elements(elements(elements(body).at(-1))[0]);
  const found = extensions.find((extension) => dottedOid(elements(extension)[0]) === SUBJECT_KEY_IDENTIFIER);
  return found && content(decodeDer(content(elements(found).at(-1))));
}
