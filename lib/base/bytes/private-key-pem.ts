import { createPrivateKey, type KeyObject } from 'node:crypto';
import { BaseError } from '../errors.js';
import { concatBytes, utf8 } from './bytes.js';
import { keyToBase64 } from './key-base64.js';

const LINE = 64;

/**
 * A private key as PEM: PKCS #8, unencrypted (RFC 7468 section 10). In bytes, because Node's own export to PEM is a
 * string, which nobody can wipe. The caller wipes what it gets, and stores it with mode 0600 if at all.
 */
export function privateKeyPem(key: KeyObject): Uint8Array {
  const der = key.export({ type: 'pkcs8', format: 'der' });
  const base64 = keyToBase64(der);
  const lines: Uint8Array[] = [];
  for (let at = 0; at < base64.length; at += LINE) lines.push(base64.subarray(at, at + LINE), utf8('\n'));
  const pem = concatBytes(utf8('-----BEGIN PRIVATE KEY-----\n'), ...lines, utf8('-----END PRIVATE KEY-----\n'));
  der.fill(0);
  base64.fill(0);
  return pem;
}

/**
 * @param pem PKCS #8, or SEC 1 (RFC 5915), unencrypted. The caller wipes it.
 * @returns the key, which lies in OpenSSL's memory: it is on no heap of JavaScript, and erased when it is freed.
 * @throws BaseError `bad_encoding`
 */
export function readPrivateKeyPem(pem: Uint8Array): KeyObject {
  try {
    const key = Buffer.from(pem.buffer, pem.byteOffset, pem.byteLength);
    return createPrivateKey({ key, format: 'pem' });
  } catch (cause) {
    throw new BaseError('bad_encoding', 'this is not a private key in PEM', { cause });
  }
}
