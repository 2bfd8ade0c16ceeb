import { fromHex, toHex } from '../base/index.js';
import { CryptoError } from './errors.js';
import { failSelfTest, primitive, requireKnownAnswer } from './primitive.js';
import { randomBytes, wipe } from './random.js';
import { requireBytes, requireSize } from './size.js';
import { inFrame, loadSodium, type Sodium } from './sodium.js';

const SEED_BYTES = 32;
const PUBLIC_KEY_BYTES = 32;
const SECRET_KEY_BYTES = 64;
const SIGNATURE_BYTES = 64;

/** Ed25519 (RFC 8032 section 5.1), pure, without context. */
export interface Ed25519 {
  generateSigner(): Ed25519Signer;
  /**
   * @param seed 32 bytes, the private key of RFC 8032; copied
   * @throws CryptoError `bad_size`
   */
  importSigner(seed: Uint8Array): Ed25519Signer;
  /**
   * Strict: an S of the group order or more, a public key or R of small order, and a public key in a second spelling
   * are refused, so that nobody but the key's owner can make another signature of the same message.
   * @param signature 64 bytes; of any other length it is false, because whoever sends it chooses that
   * @param publicKey 32 bytes
   * @throws CryptoError `bad_size` for a public key of another length, and for what is no Uint8Array
   */
  verify(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean;
}

export interface Ed25519Signer {
  /** 32 bytes, a copy each time. */
  readonly publicKey: Uint8Array;
  /**
   * The 64-byte signature; the same message always gets the same one.
   * @throws CryptoError `disposed`
   */
  sign(message: Uint8Array): Uint8Array;
  /**
   * A copy of the 32-byte seed, which the caller wipes.
   * @throws CryptoError `disposed`
   */
  exportSeed(): Uint8Array;
  /** Wipes the key. Signing afterwards throws. */
  dispose(): void;
}

export const loadEd25519: () => Promise<Ed25519> = primitive('Ed25519', async () => {
  const ed25519 = new SodiumEd25519(await loadSodium());
  selfTest(ed25519);
  return ed25519;
});

/** RFC 8032 section 7.1, TEST 3. */
function selfTest(ed25519: Ed25519): void {
  const signer = ed25519.importSigner(fromHex('c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7'));
  const message = fromHex('af82');
  const signature = signer.sign(message);
  requireKnownAnswer(
    'Ed25519',
    signature,
    '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
  );
  const accepted = ed25519.verify(signature, message, signer.publicKey);
  const acceptedAnother = ed25519.verify(signature, fromHex('af83'), signer.publicKey);
  if (!accepted || acceptedAnother) failSelfTest('Ed25519');
}

class SodiumEd25519 implements Ed25519 {
  readonly #sodium: Sodium;

  constructor(sodium: Sodium) {
    this.#sodium = sodium;
  }

  generateSigner(): Ed25519Signer {
    const seed = randomBytes(SEED_BYTES);
    try {
      return this.importSigner(seed);
    } finally {
      wipe(seed);
    }
  }

  importSigner(seed: Uint8Array): Ed25519Signer {
    requireSize('an Ed25519 seed', seed, SEED_BYTES);
    return inFrame(this.#sodium, (frame) => {
      const publicKey = frame.reserve(PUBLIC_KEY_BYTES);
      const secretKey = frame.reserve(SECRET_KEY_BYTES);
      this.#sodium._crypto_sign_seed_keypair(publicKey, secretKey, frame.put(seed, SEED_BYTES));
      return new SodiumSigner(
        this.#sodium,
        frame.take(publicKey, PUBLIC_KEY_BYTES),
        frame.take(secretKey, SECRET_KEY_BYTES),
      );
    });
  }

  verify(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean {
    const signatureBytes = requireBytes('an Ed25519 signature', signature);
    const length = requireBytes('the message', message);
    requireSize('an Ed25519 public key', publicKey, PUBLIC_KEY_BYTES);
    if (signatureBytes !== SIGNATURE_BYTES) return false;
    return inFrame(this.#sodium, (frame) => {
      const sig = frame.put(signature, SIGNATURE_BYTES);
      const [msg, key] = [frame.put(message, length), frame.put(publicKey, PUBLIC_KEY_BYTES)];
      return this.#sodium._crypto_sign_verify_detached(sig, msg, length, 0, key) === 0;
    });
  }
}

class SodiumSigner implements Ed25519Signer {
  readonly #publicKey: Uint8Array;
  readonly #sodium: Sodium;
  /** The seed, then a public key of its own: signing with another one than the seed's would give the seed away. */
  #secretKey: Uint8Array | undefined;

  constructor(sodium: Sodium, publicKey: Uint8Array, secretKey: Uint8Array) {
    this.#sodium = sodium;
    this.#publicKey = publicKey;
    this.#secretKey = secretKey;
  }

  get publicKey(): Uint8Array {
    return this.#publicKey.slice();
  }

  sign(message: Uint8Array): Uint8Array {
    const length = requireBytes('the message', message);
    const secretKey = this.#requireKey();
    return inFrame(this.#sodium, (frame) => {
      const signature = frame.reserve(SIGNATURE_BYTES);
      const [msg, key] = [frame.put(message, length), frame.put(secretKey, SECRET_KEY_BYTES)];
      this.#sodium._crypto_sign_detached(signature, 0, msg, length, 0, key);
      return frame.take(signature, SIGNATURE_BYTES);
    });
  }

  exportSeed(): Uint8Array {
    return this.#requireKey().slice(0, SEED_BYTES);
  }

  dispose(): void {
    if (this.#secretKey !== undefined) wipe(this.#secretKey);
    this.#secretKey = undefined;
  }

  #requireKey(): Uint8Array {
    if (this.#secretKey === undefined) {
      throw new CryptoError('disposed', `the Ed25519 key ${toHex(this.#publicKey)} was wiped`);
    }
    return this.#secretKey;
  }
}
