import { createHash } from 'node:crypto';
import { CryptoError } from '../../lib/crypto/index.js';

/** What came out of one path through a primitive. */
export interface PathReport {
  readonly primitive: string;
  /** Which build of the kernel, and which way into it. */
  readonly path: string;
  readonly cases: number;
  /** The cases that gave something else than what was expected. */
  readonly wrong: readonly string[];
  /** SHA-256 over everything that this path gave, in order. */
  readonly digest: string;
}

/** Counts the results of one path, and takes every one of them into a digest. */
export class Tally {
  readonly #primitive: string;
  readonly #path: string;
  readonly #results = createHash('sha256');
  readonly #wrong: string[] = [];
  cases = 0;

  constructor(primitive: string, path: string) {
    this.#primitive = primitive;
    this.#path = path;
  }

  /** Results are hexadecimal, or words like `forged`. */
  expect(name: string, actual: string, expected: string): void {
    this.cases++;
    this.#results.update(`${actual}\n`);
    if (actual !== expected) this.#wrong.push(name);
  }

  report(): PathReport {
    return {
      primitive: this.#primitive,
      path: this.#path,
      cases: this.cases,
      wrong: this.#wrong,
      digest: this.#results.digest('hex'),
    };
  }
}

/** What a call gives: its bytes, or the code with which it refuses. */
export function outcome(call: () => Uint8Array): string {
  try {
    return Buffer.from(call()).toString('hex');
  } catch (error) {
    if (error instanceof CryptoError) return error.code;
    throw error;
  }
}

/** Bytes that look random and are the same everywhere. */
export function bytesFor(name: string, length: number): Uint8Array {
  return createHash('shake256', { outputLength: Math.max(length, 1) })
    .update(name)
    .digest()
    .subarray(0, length);
}
