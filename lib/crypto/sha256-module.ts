import { byteCount, plainView } from '../base/index.js';
import * as embedded from '../gen/hash-wasm/sha256.js';
import { startModule } from './embedded-module.js';
import { copyInput } from './size.js';

/** What hash-wasm's module exports. Input goes in through one buffer, and digests come out at its beginning. */
interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer };
  /** The address of the state's size. */
  readonly STATE_SIZE: { readonly value: number };
  Hash_GetBuffer(): number;
  Hash_GetState(): number;
  Hash_Init(bits: 256): void;
  Hash_Update(bytes: number): void;
  Hash_Final(): void;
  Hash_Calculate(bytes: number, bits: 256): void;
}

const BUFFER_BYTES = 16 * 1024;
const DIGEST_BYTES = 32;

/** hash-wasm's SHA-256: one computation at a time, in a memory that never grows. */
export class Sha256Module {
  readonly #exports: Exports;
  readonly #buffer: Uint8Array;
  readonly #digest: Uint8Array;
  /** Chaining value, length, and up to 64 bytes of what is being hashed. */
  readonly #state: Uint8Array;

  constructor() {
    this.#exports = startModule('SHA-256', embedded) as Exports;
    const memory = new DataView(this.#exports.memory.buffer);
    const { STATE_SIZE } = this.#exports;
    this.#buffer = new Uint8Array(memory.buffer, this.#exports.Hash_GetBuffer(), BUFFER_BYTES);
    this.#digest = this.#buffer.subarray(0, DIGEST_BYTES);
    const stateBytes = memory.getUint32(STATE_SIZE.value, true);
    this.#state = new Uint8Array(memory.buffer, this.#exports.Hash_GetState(), stateBytes);
  }

  /** Whatever was begun is lost. The length, here and below, is what the caller measured. */
  digest(data: Uint8Array, length: number): Uint8Array {
    if (length > BUFFER_BYTES) {
      this.begin();
      this.update(data, length);
      return this.finish();
    }
    copyInput(this.#buffer, data);
    // Everything in one call: for an audit entry, entering the module thrice would cost as much as a sixth block.
    this.#exports.Hash_Calculate(length, 256);
    return this.#takeDigest();
  }

  /** Of parts in a row, copied one by one to where they are hashed. Each counts with the bytes that it has when its turn comes. */
  digestParts(...parts: readonly Uint8Array[]): Uint8Array {
    let total = 0;
    for (const part of parts) total += byteCount(part);
    if (total > BUFFER_BYTES) {
      this.begin();
      for (const part of parts) this.update(part, byteCount(part));
      return this.finish();
    }
    let length = 0;
    for (const part of parts) {
      const bytes = byteCount(part);
      copyInput(this.#buffer, part, length);
      length += bytes;
    }
    this.#exports.Hash_Calculate(length, 256);
    return this.#takeDigest();
  }

  begin(): void {
    this.#exports.Hash_Init(256);
  }

  update(data: Uint8Array, length: number): void {
    if (length <= BUFFER_BYTES) {
      this.#absorb(data, length);
      return;
    }
    const whole = plainView(data, length);
    for (let start = 0; start < length; start += BUFFER_BYTES) {
      const piece = whole.subarray(start, start + BUFFER_BYTES);
      this.#absorb(piece, piece.length);
    }
  }

  finish(): Uint8Array {
    this.#exports.Hash_Final();
    return this.#takeDigest();
  }

  /** What was begun, to go on with later; the caller wipes it. */
  save(): Uint8Array {
    return this.#state.slice();
  }

  load(state: Uint8Array): void {
    this.#state.set(state);
  }

  /** Erases input, digest and state. */
  wipe(): void {
    this.#buffer.fill(0);
    this.#state.fill(0);
  }

  #absorb(piece: Uint8Array, length: number): void {
    copyInput(this.#buffer, piece);
    this.#exports.Hash_Update(length);
  }

  #takeDigest(): Uint8Array {
    // Not slice, which asks for the species first and takes twice as long.
    return new Uint8Array(this.#digest);
  }
}
