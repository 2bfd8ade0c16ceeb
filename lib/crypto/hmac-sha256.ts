import { fromHex, utf8 } from '../base/index.js';
import { CryptoError } from './errors.js';
import { primitive, requireKnownAnswer } from './primitive.js';
import { requireBytes, requireRange } from './size.js';
import { inFrame, loadSodium, type Sodium } from './sodium.js';

const MAC_BYTES = 32;
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
   * HKDF-SHA-256 (RFC 5869), extract and expand.
   * @param bytes 1 to 8160
   * @throws CryptoError `bad_size`
   */
  deriveKey(input: HkdfInput, bytes: number): Uint8Array;
}

export const loadHmacSha256: () => Promise<HmacSha256> = primitive('HMAC-SHA-256', async () => {
  const hmac = new SodiumHmac(await loadSodium());
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

class SodiumHmac implements HmacSha256 {
  readonly #sodium: Sodium;
  readonly #stateBytes: number;

  constructor(sodium: Sodium) {
    this.#sodium = sodium;
    this.#stateBytes = sodium._crypto_auth_hmacsha256_statebytes();
  }

  mac(key: Uint8Array, data: Uint8Array): Uint8Array {
    requireBytes('the key', key);
    requireBytes('the data', data);
    return inFrame(this.#sodium, (frame) => {
      const state = frame.reserve(this.#stateBytes);
      const mac = frame.reserve(MAC_BYTES);
      this.#sodium._crypto_auth_hmacsha256_init(state, frame.put(key), key.length);
      this.#sodium._crypto_auth_hmacsha256_update(state, frame.put(data), data.length, 0);
      this.#sodium._crypto_auth_hmacsha256_final(state, mac);
      return frame.take(mac, MAC_BYTES);
    });
  }

  deriveKey({ secret, salt = new Uint8Array(0), info }: HkdfInput, bytes: number): Uint8Array {
    requireBytes('the secret', secret);
    requireBytes('the salt', salt);
    requireBytes('the info', info);
    requireRange('the number of derived bytes', bytes, 1, MAX_DERIVED_BYTES);
    return inFrame(this.#sodium, (frame) => {
      const prk = frame.reserve(MAC_BYTES);
      const okm = frame.reserve(bytes);
      const extracted = this.#sodium._crypto_kdf_hkdf_sha256_extract(
        prk,
        frame.put(salt),
        salt.length,
        frame.put(secret),
        secret.length,
      );
      const expanded = this.#sodium._crypto_kdf_hkdf_sha256_expand(okm, bytes, frame.put(info), info.length, prk);
      if (extracted !== 0 || expanded !== 0) throw new CryptoError('limit', `HKDF refused to derive ${bytes} bytes`);
      return frame.take(okm, bytes);
    });
  }
}
