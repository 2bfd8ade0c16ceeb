import { randomBytes, X509Certificate } from 'node:crypto';
import { type EnvoyId, isBytes, isEnvoyId } from '../base/index.js';
import { PkiError } from './errors.js';

/** SPIFFE-ID section 2.1. */
const TRUST_DOMAIN = /^[a-z0-9._-]{1,255}$/;
const ENVOY_URI_ENTRY = /^URI:spiffe:\/\/([a-z0-9._-]{1,255})\/envoy\/([0-9a-f-]{36})$/;

/** Whom an envoy's certificate names. */
export interface EnvoyName {
  readonly trustDomain: string;
  readonly envoyId: EnvoyId;
}

/** A new name for a fleet: unlike every other, so that a certificate of one fleet names nobody in another. */
export function drawTrustDomain(): string {
  return `vigo-${randomBytes(16).toString('hex')}`;
}

/** @throws PkiError `bad_name` where `trustDomain` isn't one. */
export function trustDomainUri(trustDomain: string): string {
  if (!TRUST_DOMAIN.test(trustDomain)) {
    throw new PkiError('bad_name', `${JSON.stringify(trustDomain.slice(0, 260))} is not a trust domain`, {
      hint: 'lower-case letters, digits, dots, dashes and underscores',
    });
  }
  return `spiffe://${trustDomain}`;
}

/** @throws PkiError `bad_name` where `trustDomain` isn't one. */
export function envoyUri({ trustDomain, envoyId }: EnvoyName): string {
  return `${trustDomainUri(trustDomain)}/envoy/${envoyId}`;
}

/**
 * Whom a certificate names, or undefined where it isn't an envoy's: it must hold that one URI as its only subject
 * alternative name (X509-SVID section 2), and not be a CA. Says nothing about who signed it.
 * @param source the certificate, its DER, or the `subjectaltname` that Node gives for a TLS peer, if any.
 */
export function parseEnvoyUri(source: X509Certificate | Uint8Array | string | undefined): EnvoyName | undefined {
  const names = typeof source === 'object' ? subjectAltName(source) : source;
  // Node joins entries by a comma and quotes odd ones, neither of which the grammar has: a match is the only entry.
  const [, trustDomain, envoyId] = ENVOY_URI_ENTRY.exec(names ?? '') ?? [];
  if (trustDomain === undefined || envoyId === undefined || !isEnvoyId(envoyId)) return undefined;
  return { trustDomain, envoyId };
}

function subjectAltName(source: X509Certificate | Uint8Array): string | undefined {
  try {
    const certificate = isBytes(source) ? new X509Certificate(source) : source;
    return certificate.ca ? undefined : certificate.subjectAltName;
  } catch {
    return undefined;
  }
}
