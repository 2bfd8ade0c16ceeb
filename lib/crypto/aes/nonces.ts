import { randomFillSync } from 'node:crypto';
import type { Kernel } from './kernel.js';

/** A nonce of the only size that this implementation takes: 96 bits (SP 800-38D section 5.2.1.1). */
export const NONCE_BYTES = 12;

/**
 * Random nonces from the platform's CSPRNG, drawn in bulk where the module finds them, since drawing one takes several
 * times as long as sealing a short message. Nonces are public: those that lie there are no secret.
 */
export class NonceSource {
  readonly #pool: Uint8Array;
  #used: number;

  constructor(kernel: Kernel) {
    this.#pool = kernel.freshNonces;
    this.#used = this.#pool.length;
  }

  /** The address of a nonce in the module that was never given before. */
  next(): number {
    if (this.#used === this.#pool.length) {
      randomFillSync(this.#pool);
      this.#used = 0;
    }
    const nonce = this.#pool.byteOffset + this.#used;
    this.#used += NONCE_BYTES;
    return nonce;
  }
}
