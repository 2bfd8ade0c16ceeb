import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

/** A P-256 key for TLS. It is in memory alone until there is a certificate to store it with. */
export interface TlsKey {
  /** SubjectPublicKeyInfo, DER, 91 bytes. */
  readonly publicKey: Uint8Array;
  readonly privateKey: KeyObject;
}

export function generateTlsKey(): TlsKey {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  return { publicKey: publicKey.export({ type: 'spki', format: 'der' }), privateKey };
}

/** Proves that the key is held: ECDSA with SHA-256, in DER. */
export function prove({ privateKey }: TlsKey, bytes: Uint8Array): Uint8Array {
  return sign('sha256', bytes, { key: privateKey, dsaEncoding: 'der' });
}
