import { utf8 } from '../base/index.js';
import { CryptoError } from './errors.js';
import { primitive, requireKnownAnswer } from './primitive.js';
import { requireBytes, requireObject, requireRange, requireSize } from './size.js';
import { inFrame, loadSodium, type Sodium } from './sodium.js';

const SALT_BYTES = 16;
/** crypto_pwhash_ALG_ARGON2ID13: version 0x13 of RFC 9106. */
const ARGON2ID_13 = 2;

export interface Argon2idCost {
  /** 8 to 2097151 KiB; what the library's memory really has room for is a little less. */
  memoryKiB: number;
  /** 1 or more. */
  passes: number;
}

/** Argon2id (RFC 9106), version 1.3, one lane. */
export interface Argon2id {
  /**
   * Blocks the thread for as long as the cost says. By design the memory's addresses depend on the password in all
   * but the first half of the first pass (RFC 9106 section 3.4.1.3).
   * @param password any length; the caller wipes it
   * @param salt 16 bytes
   * @param bytes 16 to 1024, 32 unless told
   * @throws CryptoError `bad_size`; `limit` where there isn't so much memory
   */
  hash(password: Uint8Array, salt: Uint8Array, cost: Argon2idCost, bytes?: number): Uint8Array;
}

export const loadArgon2id: () => Promise<Argon2id> = primitive('Argon2id', async () => {
  const argon2id = new SodiumArgon2id(await loadSodium());
  // The reference implementation: printf password | argon2 somesaltsomesalt -id -t 2 -k 64 -p 1 -l 32 -r
  requireKnownAnswer(
    'Argon2id',
    argon2id.hash(utf8('password'), utf8('somesaltsomesalt'), { memoryKiB: 64, passes: 2 }),
    '1a98fba8e6394425c9bdc333a9c750aaf811df070f5fb4a5788e1cf4db5793a1',
  );
  return argon2id;
});

class SodiumArgon2id implements Argon2id {
  readonly #sodium: Sodium;

  constructor(sodium: Sodium) {
    this.#sodium = sodium;
  }

  hash(password: Uint8Array, salt: Uint8Array, cost: Argon2idCost, bytes = 32): Uint8Array {
    requireObject('the cost', cost);
    const { memoryKiB, passes } = cost;
    const length = requireBytes('the password', password);
    requireSize('an Argon2id salt', salt, SALT_BYTES);
    requireRange('memoryKiB', memoryKiB, 8, 2 ** 21 - 1);
    requireRange('passes', passes, 1, 2 ** 31 - 1);
    requireRange('the number of bytes of an Argon2id hash', bytes, 16, 1024);
    const memoryBytes = memoryKiB * 1024;
    return inFrame(this.#sodium, (frame) => {
      const hash = frame.reserve(bytes);
      const [pw, slt] = [frame.put(password, length), frame.put(salt, SALT_BYTES)];
      const failed = this.#sodium._crypto_pwhash(
        hash,
        bytes,
        0,
        pw,
        length,
        0,
        slt,
        passes,
        0,
        memoryBytes,
        ARGON2ID_13,
      );
      if (failed !== 0) throw new CryptoError('limit', `there is no memory for Argon2id with ${memoryKiB} KiB`);
      // libsodium frees its working memory as it is, last block and all, and with it 2 KiB per MiB of pseudo-random
      // addresses. The next block of that size is the same one, and the frame erases it.
      frame.reserve(memoryBytes + 2 * memoryKiB + 4096);
      frame.washStack();
      return frame.take(hash, bytes);
    });
  }
}
