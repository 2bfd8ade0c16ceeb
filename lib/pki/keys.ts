import { createHash, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { equalBytes, fromHex, readPrivateKeyPem } from '../base/index.js';
import { bitString, type Der, oid, sequence } from './der.js';
import { PkiError } from './errors.js';

/** How SubjectPublicKeyInfo of every P-256 key begins, the 04 of an uncompressed point included (RFC 5480 section 2). */
const SPKI_PREFIX = fromHex('3059301306072a8648ce3d020106082a8648ce3d03010703420004');
const SPKI_BYTES = 91;
const POINT_BYTES = 65;

const EC_PUBLIC_KEY = '1.2.840.10045.2.1';
const PRIME256V1 = '1.2.840.10045.3.1.7';

export function generateKeyPair(): { publicKey: KeyObject; privateKey: KeyObject } {
  return generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
}

/**
 * @param pem PKCS #8 or SEC 1, unencrypted. The caller wipes it.
 * @throws PkiError `bad_key` where it isn't the PEM of a P-256 private key.
 */
export function readPrivateKey(pem: Uint8Array): KeyObject {
  const key = attempt(() => readPrivateKeyPem(pem), 'this is not a private key in PEM');
  assertP256(key);
  return key;
}

/**
 * @param spki SubjectPublicKeyInfo, DER, exactly as RFC 5480 has it for P-256 with an uncompressed point (91 bytes).
 * @throws PkiError `bad_key`, also for a point that isn't on the curve.
 */
export function readPublicKey(spki: Uint8Array): KeyObject {
  const key = attempt(
    () => createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' }),
    'this is not a public key',
  );
  assertP256(key);
  // OpenSSL takes more spellings of a key than one; a strict reader takes one.
  if (!equalBytes(key.export({ type: 'spki', format: 'der' }), spki)) {
    throw new PkiError('bad_key', 'this public key is not in its DER form');
  }
  pointOf(key);
  return key;
}

export function publicKeyInfo(key: KeyObject): Der {
  return sequence(sequence(oid(EC_PUBLIC_KEY), oid(PRIME256V1)), bitString(pointOf(key)));
}

/** 20 bytes of SHA-256 over the public key's bits: RFC 7093 section 2, method 1. */
export function keyIdentifier(key: KeyObject): Uint8Array {
  return createHash('sha256').update(pointOf(key)).digest().subarray(0, 20);
}

function pointOf(key: KeyObject): Uint8Array {
  const spki = key.export({ type: 'spki', format: 'der' });
  if (spki.length !== SPKI_BYTES || !equalBytes(spki.subarray(0, SPKI_PREFIX.length), SPKI_PREFIX)) {
    throw new PkiError('bad_key', 'this public key is not an uncompressed P-256 point');
  }
  return spki.subarray(-POINT_BYTES);
}

/** @throws PkiError `bad_key` */
export function assertP256(key: KeyObject): void {
  if (key.asymmetricKeyType !== 'ec' || key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
    throw new PkiError('bad_key', `the key is ${key.asymmetricKeyType ?? 'unknown'}, not ECDSA P-256`);
  }
}

function attempt<T>(read: () => T, problem: string): T {
  try {
    return read();
  } catch (cause) {
    throw new PkiError('bad_key', problem, { cause });
  }
}
