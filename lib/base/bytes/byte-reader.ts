import { BaseError } from '../errors.js';

/** Reads big-endian fields off bytes, bounds first. Every failure is a BaseError `bad_encoding`. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get offset(): number {
    return this.#offset;
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  u8(): number {
    return this.#view.getUint8(this.#advance(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#advance(2));
  }

  u32(): number {
    return this.#view.getUint32(this.#advance(4));
  }

  /** A counter or a time: eight bytes, below 2^53. */
  u64(): number {
    const value = this.#view.getBigUint64(this.#advance(8));
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new BaseError('bad_encoding', 'a counter is 2^53 or more');
    return Number(value);
  }

  /** The next bytes as a view, not a copy. */
  bytes(length: number): Uint8Array {
    const start = this.#advance(length);
    return this.#bytes.subarray(start, start + length);
  }

  rest(): Uint8Array {
    return this.bytes(this.remaining);
  }

  end(): void {
    if (this.remaining > 0) throw new BaseError('bad_encoding', `${this.remaining} bytes too many`);
  }

  #advance(length: number): number {
    // A caller's `remaining - TAG_BYTES` is negative where the bytes were cut.
    if (length < 0 || length > this.remaining) throw new BaseError('bad_encoding', 'the bytes end too early');
    const start = this.#offset;
    this.#offset += length;
    return start;
  }
}

export function u8(value: number): Uint8Array {
  return integer(value, 1);
}

export function u16(value: number): Uint8Array {
  return integer(value, 2);
}

export function u32(value: number): Uint8Array {
  return integer(value, 4);
}

/** Eight big-endian bytes of a counter or a time below 2^53. */
export function u64(value: number): Uint8Array {
  return integer(value, 8);
}

function integer(value: number, size: 1 | 2 | 4 | 8): Uint8Array {
  const limit = size === 8 ? Number.MAX_SAFE_INTEGER : 2 ** (8 * size) - 1;
  if (!Number.isInteger(value) || value < 0 || value > limit) {
    throw new BaseError('bad_encoding', `${value} doesn't fit an unsigned integer of ${size} bytes`);
  }
  const bytes = new Uint8Array(size);
  let rest = value;
  for (let i = size - 1; i >= 0; i--) {
    bytes[i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  return bytes;
}
