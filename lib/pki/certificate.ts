import { type KeyObject, randomBytes, sign } from 'node:crypto';
import { BACKDATE_MS, type Clock, concatBytes, toHex } from '../base/index.js';
import { bitString, type Der, encodeDer, explicit, integer, oid, sequence, setOf, time, utf8String } from './der.js';
import { PkiError } from './errors.js';
import { publicKeyInfo } from './keys.js';

const DAY_MS = 86_400_000;

/** 9999-12-31T23:59:59Z, the last time that a certificate can hold (RFC 5280 section 4.1.2.5). */
const LAST_TIME_MS = 253_402_300_799_000;

const ECDSA_WITH_SHA256 = '1.2.840.10045.4.3.2';
const COMMON_NAME = '2.5.4.3';
const MAX_COMMON_NAME = 64;

/** A certificate, PEM, and its private key, which lies in OpenSSL's memory and not in JavaScript's. */
export interface KeyedCertificate {
  readonly certificatePem: string;
  readonly key: KeyObject;
}

export interface Validity {
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

/**
 * @param until a certificate doesn't outlive the one that signs it.
 * @throws PkiError `bad_lifetime` for less than a second or beyond the year 9999.
 */
export function validity(clock: Clock, lifetimeMs: number, until = LAST_TIME_MS): Validity {
  const nowMs = clock.nowMs();
  if (!(lifetimeMs >= 1000 && nowMs + lifetimeMs <= LAST_TIME_MS)) {
    throw new PkiError('bad_lifetime', `a certificate can't be good for ${lifetimeMs} ms`);
  }
  return {
    notBeforeMs: wholeSeconds(nowMs - BACKDATE_MS),
    notAfterMs: wholeSeconds(Math.min(nowMs + lifetimeMs, until)),
  };
}

/** @throws PkiError `bad_lifetime` where `days` isn't a whole number from 1. */
export function daysMs(days: number): number {
  if (!Number.isInteger(days) || days < 1) {
    throw new PkiError('bad_lifetime', `a certificate can't be good for ${days} days`, { hint: 'whole days from 1' });
  }
  return days * DAY_MS;
}

/** A distinguished name of one attribute. @throws PkiError `bad_name` where it isn't 1 to 64 printable characters. */
export function commonName(text: string): Der {
  if (text.length === 0 || [...text].length > MAX_COMMON_NAME || !text.isWellFormed() || /\p{Cc}/u.test(text)) {
    throw new PkiError('bad_name', `a common name has 1 to ${MAX_COMMON_NAME} printable characters`);
  }
  return sequence(setOf(sequence(oid(COMMON_NAME), utf8String(text))));
}

/** What the signer vouches for. */
export interface CertificateBody {
  readonly issuer: Der;
  readonly subject: Der;
  readonly validity: Validity;
  readonly publicKey: KeyObject;
  readonly extensions: readonly Der[];
}

/** An X.509 v3 certificate (RFC 5280 section 4.1), ECDSA P-256 with SHA-256. `serial` is lower-case hexadecimal. */
export function signCertificate(body: CertificateBody, signer: KeyObject): { certificatePem: string; serial: string } {
  const serial = drawSerial();
  const algorithm = sequence(oid(ECDSA_WITH_SHA256));
  const toBeSigned = sequence(
    explicit(0, integer(Uint8Array.of(2))), // v3
    integer(serial),
    algorithm,
    body.issuer,
    sequence(time(body.validity.notBeforeMs), time(body.validity.notAfterMs)),
    body.subject,
    publicKeyInfo(body.publicKey),
    explicit(3, sequence(...body.extensions)),
  );
  const signature = sign('sha256', encodeDer(toBeSigned), { key: signer, dsaEncoding: 'der' });
  const certificate = encodeDer(sequence(toBeSigned, algorithm, bitString(signature)));
  return { certificatePem: toPem(certificate), serial: toHex(serial) };
}

/** 128 random bits behind a 01, which keeps the number positive and its length fixed (RFC 5280 section 4.1.2.2). */
function drawSerial(): Uint8Array {
  return concatBytes(Uint8Array.of(1), randomBytes(16));
}

function toPem(der: Uint8Array): string {
  const lines = Buffer.from(der)
    .toString('base64')
    .replaceAll(/.{64}(?!$)/g, '$&\n');
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}

function wholeSeconds(ms: number): number {
  return Math.floor(ms / 1000) * 1000;
}
