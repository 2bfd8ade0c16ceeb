import {
  loadAes256Gcm,
  loadArgon2id,
  loadEd25519,
  loadHmacSha256,
  loadSha256,
  loadXWing,
  randomBytes,
} from '../../../crypto/index.js';
import { version } from '../../../version.js';
import type { Engine } from '../engine.js';

/** This core. */
export async function loadVigo(): Promise<Engine> {
  const [aes256Gcm, argon2id, ed25519, sha256, hmacSha256, xWing] = await Promise.all([
    loadAes256Gcm(),
    loadArgon2id(),
    loadEd25519(),
    loadSha256(),
    loadHmacSha256(),
    loadXWing(),
  ]);
  return {
    name: 'vigo',
    version,
    aes256Gcm: (key) => aes256Gcm.importKey(key),
    argon2id: (password, salt, cost) => argon2id.hash(password, salt, cost),
    ed25519(seed) {
      const signer = ed25519.importSigner(seed);
      return {
        sign: (message) => signer.sign(message),
        verify: (signature, message) => ed25519.verify(signature, message, signer.publicKey),
      };
    },
    sha256: {
      digest: (data) => sha256.digest(data),
      digestParts(parts) {
        const stream = sha256.create();
        for (const part of parts) stream.update(part);
        return stream.digest();
      },
    },
    hmacSha256: (key, data) => hmacSha256.mac(key, data),
    hkdfSha256: (secret, salt, info, bytes) => hmacSha256.deriveKey({ secret, salt, info }, bytes),
    xWing,
    randomBytes,
  };
}
