import { byteCount, fromHex, utf8 } from '../base/index.js';
import { constantTimeEqual } from './constant-time.js';
import { primitive, requireKnownAnswer } from './primitive.js';
import { wipe } from './random.js';
import { Sha256Module } from './sha256-module.js';
import { copyInput, requireBytes, requireObject, requireRange } from './size.js';

const MAC_BYTES = 32;
/** Of SHA-256, and so what a key is padded to. */
const BLOCK_BYTES = 64;
const INNER = 0x36;
const OUTER = 0x5c;
/** RFC 5869 section 2.3: 255 blocks of the hash. */
const MAX_DERIVED_BYTES = 255 * MAC_BYTES;

export interface HkdfInput {
  /** The secret with enough entropy in it. A password hasn't: that is Argon2id's task. */
  secret: Uint8Array;
  /** Not secret. Left out, it is 32 zero bytes (RFC 5869 section 2.2). */
  salt?: Uint8Array | undefined;
  /** What the key is for, and everything that it must be bound to. */
  info: Uint8Array;
}

export interface HmacSha256 {
  /** The 32-byte HMAC-SHA-256 (RFC 2104). The key has any length; 32 random bytes are best. */
  mac(key: Uint8Array, data: Uint8Array): Uint8Array;
  /**
   * Whether this is the MAC of these data, in a time that doesn't depend on where it differs.
   * @param mac 32 bytes; of any other length it is false, because whoever sends it chooses that
   */
  verify(key: Uint8Array, data: Uint8Array, mac: Uint8Array): boolean;
  /**
   * HKDF-SHA-256 (RFC 5869), extract and expand.
   * @param bytes 1 to 8160
   * @throws CryptoError `bad_size`
   */
  deriveKey(input: HkdfInput, bytes: number): Uint8Array;
}

export const loadHmacSha256: () => Promise<HmacSha256> = primitive('HMAC-SHA-256', async () => {
  const hmac = new Sha256Hmac(new Sha256Module());
  // RFC 4231 section 4.3 (test case 2) and RFC 5869 appendix A.1.
  requireKnownAnswer(
    'HMAC-SHA-256',
    hmac.mac(utf8('Jefe'), utf8('what do ya want for nothing?')),
    '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  );
  requireKnownAnswer(
    'HKDF-SHA-256',
    hmac.deriveKey(
      {
        secret: new Uint8Array(22).fill(0x0b),
        salt: fromHex('000102030405060708090a0b0c'),
        info: fromHex('f0f1f2f3f4f5f6f7f8f9'),
      },
      42,
    ),
    '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865',
  );
  return hmac;
});

/** A module of its own, because keys pass through it; everything is erased from it after each call. */
class Sha256Hmac implements HmacSha256 {
  readonly #module: Sha256Module;

  constructor(module: Sha256Module) {
    this.#module = module;
  }

  mac(key: Uint8Array, data: Uint8Array): Uint8Array {
    requireBytes('the key', key);
    requireBytes('the data', data);
    try {
      return this.#mac(key, data);
    } finally {
      this.#module.wipe();
    }
  }

  verify(key: Uint8Array, data: Uint8Array, mac: Uint8Array): boolean {
    requireBytes('the MAC', mac);
    const expected = this.mac(key, data);
    const isSame = constantTimeEqual(mac, expected);
    wipe(expected);
    return isSame;
  }

  deriveKey(input: HkdfInput, bytes: number): Uint8Array {
    requireObject('the input of a derivation', input);
    const { secret, salt = new Uint8Array(0), info } = input;
    requireBytes('the secret', secret);
    requireBytes('the salt', salt);
    requireBytes('the info', info);
    requireRange('the number of derived bytes', bytes, 1, MAX_DERIVED_BYTES);
    // RFC 5869 sections 2.2 and 2.3. A salt left out is 32 zero bytes, which is what HMAC makes of an empty key.
    const derived = new Uint8Array(bytes);
    let pseudoRandomKey: Uint8Array = new Uint8Array(0);
    let block: Uint8Array = new Uint8Array(0);
    try {
      pseudoRandomKey = this.#mac(salt, secret);
      for (let done = 0, counter = 1; done < bytes; done += MAC_BYTES, counter++) {
        const next = this.#mac(pseudoRandomKey, block, info, Uint8Array.of(counter));
        wipe(block);
        block = next;
        derived.set(block.subarray(0, bytes - done), done);
      }
      return derived;
    } finally {
      this.#module.wipe();
      wipe(pseudoRandomKey, block);
    }
  }

  /** RFC 2104 section 2: H(key ⊕ opad, H(key ⊕ ipad, parts)). */
  #mac(key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
    const pad = new Uint8Array(BLOCK_BYTES);
    if (byteCount(key) > BLOCK_BYTES) {
      const digest = this.#module.digestParts(key);
      copyInput(pad, digest);
      wipe(digest);
    } else {
      copyInput(pad, key);
    }
    for (let i = 0; i < BLOCK_BYTES; i++) pad[i] = (pad[i] ?? 0) ^ INNER;
    const inner = this.#module.digestParts(pad, ...parts);
    for (let i = 0; i < BLOCK_BYTES; i++) pad[i] = (pad[i] ?? 0) ^ INNER ^ OUTER;
    const outer = this.#module.digestParts(pad, inner);
    wipe(pad, inner);
    return outer;
  }
}
