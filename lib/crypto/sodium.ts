import { byteCount } from '../base/index.js';
import { CryptoError } from './errors.js';
import { copyInput } from './size.js';

/**
 * The functions of libsodium's WebAssembly that the core calls, with their C signatures: addresses are numbers, a
 * 64-bit length is two numbers, the low half first. They are called directly and not through the library's
 * JavaScript wrappers, because those leave copies of keys in the library's memory.
 */
export interface Sodium {
  /** The library's memory. Replaced when it grows, so it is read anew for every access. */
  readonly HEAPU8: Uint8Array;
  _malloc(size: number): number;
  _free(address: number): void;
  _crypto_sign_seed_keypair(publicKey: number, secretKey: number, seed: number): number;
  _crypto_sign_detached(sig: number, sigLength: 0, message: number, low: number, high: 0, secretKey: number): number;
  _crypto_sign_verify_detached(sig: number, message: number, low: number, high: 0, publicKey: number): number;
  _crypto_kem_mlkem768_seed_keypair(publicKey: number, secretKey: number, seed: number): number;
  _crypto_kem_xwing_seed_keypair(publicKey: number, secretKey: number, seed: number): number;
  _crypto_kem_xwing_enc_deterministic(ciphertext: number, shared: number, publicKey: number, seed: number): number;
  _crypto_kem_xwing_dec(shared: number, ciphertext: number, secretKey: number): number;
  _crypto_pwhash(
    out: number,
    outLow: number,
    outHigh: 0,
    password: number,
    passwordLow: number,
    passwordHigh: 0,
    salt: number,
    passesLow: number,
    passesHigh: 0,
    memoryBytes: number,
    algorithm: number,
  ): number;
}

export async function loadSodium(): Promise<Sodium> {
  const library = (await import('libsodium-wrappers-sumo')) as unknown as { ready: Promise<void>; libsodium: Sodium };
  await library.ready;
  return library.libsodium;
}

/**
 * Runs one piece of work in libsodium's memory, then erases and frees whatever it placed there, also where it throws.
 * @throws CryptoError `limit` where the memory can't grow any more.
 */
export function inFrame<T>(sodium: Sodium, work: (frame: Frame) => T): T {
  const frame = new Frame(sodium);
  try {
    return work(frame);
  } finally {
    frame.erase();
  }
}

/** The arguments and results of a call, in libsodium's memory. */
export class Frame {
  readonly #sodium: Sodium;
  readonly #blocks: { address: number; size: number }[] = [];

  constructor(sodium: Sodium) {
    this.#sodium = sodium;
  }

  /** Room for a result; its address. */
  reserve(size: number): number {
    const address = this.#sodium._malloc(Math.max(size, 1));
    if (address === 0) throw new CryptoError('limit', `libsodium has no memory for ${size} bytes more`);
    this.#blocks.push({ address, size });
    return address;
  }

  /** Copies an argument in, of the length that the caller measured; its address. */
  put(bytes: Uint8Array, length: number = byteCount(bytes)): number {
    const address = this.reserve(length);
    copyInput(this.#sodium.HEAPU8.subarray(address, address + length), bytes);
    return address;
  }

  /** Copies a result out. */
  take(address: number, size: number): Uint8Array {
    return this.#sodium.HEAPU8.slice(address, address + size);
  }

  /**
   * Overwrites the library's stack. It erases keys there itself, but leaves X-Wing's shared secret in a Keccak state
   * and Argon2id's result in a local buffer. Of the functions whose own locals lie deep enough to cover both, making
   * an ML-KEM key from public zeros is the cheapest: 45 µs.
   */
  washStack(): void {
    const zeros = this.put(new Uint8Array(64));
    this.#sodium._crypto_kem_mlkem768_seed_keypair(this.reserve(1184), this.reserve(2400), zeros);
  }

  erase(): void {
    for (const { address, size } of this.#blocks) {
      this.#sodium.HEAPU8.fill(0, address, address + size);
      this.#sodium._free(address);
    }
  }
}
