import * as node from 'node:crypto';
import type { Engine } from '../engine.js';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** What stands before the seed in a PKCS #8 key (RFC 8410 section 7). */
const PKCS8_ED25519 = Buffer.from('302e020100300506032b657004220420', 'hex');

/** Newer than Node 20.11: there on some machines only. */
const hash = Reflect.get(node, 'hash') as
  | ((algorithm: 'sha256', data: Uint8Array, output: 'buffer') => Buffer)
  | undefined;
const argon2Sync = Reflect.get(node, 'argon2Sync') as
  | ((algorithm: 'argon2id', parameters: Record<string, unknown>) => Buffer)
  | undefined;

/** What the machine has anyway: OpenSSL, native, with the processor's own instructions where there are some. */
export function loadNode(): Engine {
  return {
    name: 'node:crypto',
    version: `OpenSSL ${process.versions.openssl}`,
    aes256Gcm(rawKey) {
      const key = node.createSecretKey(rawKey);
      return {
        seal(plaintext, aad) {
          const nonce = node.randomBytes(NONCE_BYTES);
          const cipher = node.createCipheriv('aes-256-gcm', key, nonce).setAAD(aad);
          return Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
        },
        open(sealed, aad) {
          const nonce = sealed.subarray(0, NONCE_BYTES);
          const decipher = node.createDecipheriv('aes-256-gcm', key, nonce).setAAD(aad);
          decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
          return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
        },
      };
    },
    ...(argon2Sync && {
      argon2id: (password, nonce, { memoryKiB: memory, passes }) =>
        argon2Sync('argon2id', { message: password, nonce, memory, passes, parallelism: 1, tagLength: 32 }),
    }),
    ed25519(seed) {
      const der = Buffer.concat([PKCS8_ED25519, seed]);
      const privateKey = node.createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
      const publicKey = node.createPublicKey(privateKey);
      return {
        sign: (message) => node.sign(null, message, privateKey),
        verify: (signature, message) => node.verify(null, message, publicKey, signature),
      };
    },
    sha256: {
      digest: hash
        ? (data) => hash('sha256', data, 'buffer')
        : (data) => node.createHash('sha256').update(data).digest(),
      digestParts(parts) {
        const stream = node.createHash('sha256');
        for (const part of parts) stream.update(part);
        return stream.digest();
      },
    },
    hmacSha256: (key, data) => node.createHmac('sha256', key).update(data).digest(),
    hkdfSha256: (secret, salt, info, bytes) => new Uint8Array(node.hkdfSync('sha256', secret, salt, info, bytes)),
    randomBytes: (length) => node.randomBytes(length),
  };
}
