import { fromHex } from '../base/index.js';
import { CryptoError } from './errors.js';
import { primitive, requireKnownAnswer } from './primitive.js';
import { randomBytes, wipe } from './random.js';
import { requireSize } from './size.js';
import { inFrame, loadSodium, type Sodium } from './sodium.js';

const PUBLIC_KEY_BYTES = 1216;
const SECRET_KEY_BYTES = 32;
const CIPHERTEXT_BYTES = 1120;
const SHARED_SECRET_BYTES = 32;
const ENCAPSULATION_SEED_BYTES = 64;

/**
 * The X-Wing KEM (draft-connolly-cfrg-xwing-kem): X25519 and ML-KEM-768 together, safe as long as one of them is.
 * It gives secrecy, not authenticity: sign what carries it.
 */
export interface XWing {
  /** A 1216-byte public key and the 32-byte seed that is its secret key; the caller wipes the second. */
  generateKeyPair(): { publicKey: Uint8Array; secretKey: Uint8Array };
  /**
   * @param publicKey 1216 bytes
   * @returns the 1120-byte ciphertext to send and the 32-byte secret to keep, which the caller wipes
   * @throws CryptoError `bad_size`; `bad_key` for bytes that no key pair has as its public key
   */
  encapsulate(publicKey: Uint8Array): { ciphertext: Uint8Array; sharedSecret: Uint8Array };
  /**
   * An altered ciphertext gives another secret, not an error (FIPS 203 section 6.3): what is sealed under the
   * secret is what fails to open.
   * @param ciphertext 1120 bytes
   * @param secretKey 32 bytes
   * @returns the 32-byte shared secret, which the caller wipes
   * @throws CryptoError `bad_size`; `forged` for an X25519 share of small order
   */
  decapsulate(ciphertext: Uint8Array, secretKey: Uint8Array): Uint8Array;
}

export const loadXWing: () => Promise<XWing> = primitive('X-Wing', async () => {
  const xWing = new SodiumXWing(await loadSodium());
  selfTest(xWing);
  return xWing;
});

/** The draft's appendix C, first vector. */
function selfTest(xWing: SodiumXWing): void {
  const secretKey = fromHex('7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26');
  const seed = fromHex(
    '3cb1eea988004b93103cfb0aeefd2a686e01fa4a58e8a3639ca8a1e3f9ae57e235b8cc873c23dc62b8d260169afa2f75ab916a58d974918835d25e6a435085b2',
  );
  const expected = 'd2df0522128f09dd8e2c92b1e905c793d8f57a54c3da25861f10bf4ca613e384';
  const { ciphertext, sharedSecret } = xWing.encapsulateWith(seed, xWing.publicKeyOf(secretKey));
  requireKnownAnswer('X-Wing', sharedSecret, expected);
  requireKnownAnswer('X-Wing', xWing.decapsulate(ciphertext, secretKey), expected);
}

/** X-Wing with the two functions of the draft that take their randomness as an argument; for tests only. */
export class SodiumXWing implements XWing {
  readonly #sodium: Sodium;

  constructor(sodium: Sodium) {
    this.#sodium = sodium;
  }

  generateKeyPair(): { publicKey: Uint8Array; secretKey: Uint8Array } {
    const secretKey = randomBytes(SECRET_KEY_BYTES);
    return { publicKey: this.publicKeyOf(secretKey), secretKey };
  }

  encapsulate(publicKey: Uint8Array): { ciphertext: Uint8Array; sharedSecret: Uint8Array } {
    requireSize('an X-Wing public key', publicKey, PUBLIC_KEY_BYTES);
    const seed = randomBytes(ENCAPSULATION_SEED_BYTES);
    try {
      return this.encapsulateWith(seed, publicKey);
    } finally {
      wipe(seed);
    }
  }

  decapsulate(ciphertext: Uint8Array, secretKey: Uint8Array): Uint8Array {
    requireSize('an X-Wing ciphertext', ciphertext, CIPHERTEXT_BYTES);
    requireSize('an X-Wing secret key', secretKey, SECRET_KEY_BYTES);
    return inFrame(this.#sodium, (frame) => {
      const shared = frame.reserve(SHARED_SECRET_BYTES);
      const [ct, key] = [frame.put(ciphertext, CIPHERTEXT_BYTES), frame.put(secretKey, SECRET_KEY_BYTES)];
      const failed = this.#sodium._crypto_kem_xwing_dec(shared, ct, key);
      frame.washStack();
      if (failed !== 0) {
        throw new CryptoError('forged', 'this X-Wing ciphertext was made by nobody who wanted it opened');
      }
      return frame.take(shared, SHARED_SECRET_BYTES);
    });
  }

  /** GenerateKeyPairDerand, the draft's section 5.2. */
  publicKeyOf(seed: Uint8Array): Uint8Array {
    return inFrame(this.#sodium, (frame) => {
      const publicKey = frame.reserve(PUBLIC_KEY_BYTES);
      this.#sodium._crypto_kem_xwing_seed_keypair(
        publicKey,
        frame.reserve(SECRET_KEY_BYTES),
        frame.put(seed, SECRET_KEY_BYTES),
      );
      return frame.take(publicKey, PUBLIC_KEY_BYTES);
    });
  }

  /** EncapsulateDerand, the draft's section 5.4. */
  encapsulateWith(seed: Uint8Array, publicKey: Uint8Array): { ciphertext: Uint8Array; sharedSecret: Uint8Array } {
    return inFrame(this.#sodium, (frame) => {
      const ciphertext = frame.reserve(CIPHERTEXT_BYTES);
      const shared = frame.reserve(SHARED_SECRET_BYTES);
      const [key, randomness] = [frame.put(publicKey, PUBLIC_KEY_BYTES), frame.put(seed, ENCAPSULATION_SEED_BYTES)];
      const failed = this.#sodium._crypto_kem_xwing_enc_deterministic(ciphertext, shared, key, randomness);
      frame.washStack();
      if (failed !== 0) {
        throw new CryptoError('bad_key', 'these 1216 bytes are not an X-Wing public key');
      }
      return {
        ciphertext: frame.take(ciphertext, CIPHERTEXT_BYTES),
        sharedSecret: frame.take(shared, SHARED_SECRET_BYTES),
      };
    });
  }
}
