import { readFile } from 'node:fs/promises';
import { concatBytes } from '../../../base/index.js';
import { randomBytes } from '../../../crypto/index.js';
import { errnoOf } from '../../../files/index.js';
import type { Engine } from '../engine.js';

const NONCE_BYTES = 12;
const NOT_INSTALLED = ['ERR_MODULE_NOT_FOUND', 'ERR_PACKAGE_PATH_NOT_EXPORTED'];

/** The @noble packages, written in JavaScript alone, as far as they are installed beside the program. */
export async function loadNoble(): Promise<Engine | undefined> {
  const [ciphers, curves, hashes, postQuantum] = await Promise.all([
    installed('ciphers', () => import.meta.resolve('@noble/ciphers/aes.js'), withCiphers),
    installed('curves', () => import.meta.resolve('@noble/curves/ed25519.js'), withCurves),
    installed('hashes', () => import.meta.resolve('@noble/hashes/sha2.js'), withHashes),
    installed('post-quantum', () => import.meta.resolve('@noble/post-quantum/hybrid.js'), withPostQuantum),
  ]);
  const parts = [ciphers, curves, hashes, postQuantum].filter((part) => part !== undefined);
  if (parts.length === 0) return undefined;
  const version = parts.map((part) => part.version).join(', ');
  return Object.assign({ name: '@noble', version }, ...parts.map(({ abilities }) => abilities));
}

type Abilities = Omit<Engine, 'name' | 'version'>;

async function installed(
  name: string,
  locate: () => string,
  load: () => Promise<Abilities>,
): Promise<{ version: string; abilities: Abilities } | undefined> {
  try {
    const abilities = await load();
    const manifest = JSON.parse(await readFile(new URL('package.json', locate()), 'utf8'));
    return { version: `${name} ${manifest.version}`, abilities };
  } catch (error) {
    if (NOT_INSTALLED.includes(errnoOf(error) ?? '')) return undefined;
    throw error;
  }
}

async function withCiphers(): Promise<Abilities> {
  const { gcm } = await import('@noble/ciphers/aes.js');
  return {
    aes256Gcm: (key) => ({
      seal(plaintext, aad) {
        const nonce = randomBytes(NONCE_BYTES);
        return concatBytes(nonce, gcm(key, nonce, aad).encrypt(plaintext));
      },
      open: (sealed, aad) => gcm(key, sealed.subarray(0, NONCE_BYTES), aad).decrypt(sealed.subarray(NONCE_BYTES)),
    }),
  };
}

async function withCurves(): Promise<Abilities> {
  const { ed25519 } = await import('@noble/curves/ed25519.js');
  return {
    ed25519(seed) {
      const publicKey = ed25519.getPublicKey(seed);
      return {
        sign: (message) => ed25519.sign(message, seed),
        verify: (signature, message) => ed25519.verify(signature, message, publicKey),
      };
    },
  };
}

async function withHashes(): Promise<Abilities> {
  const [{ argon2id }, { sha256 }, { hmac }, { hkdf }] = await Promise.all([
    import('@noble/hashes/argon2.js'),
    import('@noble/hashes/sha2.js'),
    import('@noble/hashes/hmac.js'),
    import('@noble/hashes/hkdf.js'),
  ]);
  return {
    argon2id: (password, salt, { memoryKiB, passes }) =>
      argon2id(password, salt, { t: passes, m: memoryKiB, p: 1, dkLen: 32 }),
    sha256: {
      digest: sha256,
      digestParts(parts) {
        const stream = sha256.create();
        for (const part of parts) stream.update(part);
        return stream.digest();
      },
    },
    hmacSha256: (key, data) => hmac(sha256, key, data),
    hkdfSha256: (secret, salt, info, bytes) => hkdf(sha256, secret, salt, info, bytes),
  };
}

async function withPostQuantum(): Promise<Abilities> {
  const { ml_kem768_x25519: xWing } = await import('@noble/post-quantum/hybrid.js');
  return {
    xWing: {
      generateKeyPair: () => xWing.keygen(),
      encapsulate(publicKey) {
        const { cipherText: ciphertext, sharedSecret } = xWing.encapsulate(publicKey);
        return { ciphertext, sharedSecret };
      },
      decapsulate: (ciphertext, secretKey) => xWing.decapsulate(ciphertext, secretKey),
    },
  };
}
