import { BaseError } from '../errors.js';
import { ByteReader, u8, u16, u32, u64 } from './byte-reader.js';
import { assertWellFormed, concatBytes, equalBytes, fromUtf8, utf8 } from './bytes.js';

/** A field of a canonical encoding. A number is a counter or a time: an integer from 0 to 2^53 − 1. */
export type CanonicalField = Uint8Array | string | number;

/**
 * The one encoding of everything that is hashed or signed: `u8 length | tag | u16 count | (u32 length | field)…`,
 * big endian; strings are UTF-8, numbers eight bytes. Two different lists never give the same bytes, and the tag
 * (`vigo/<what>/v1`) keeps what is signed for one purpose from being taken for another.
 */
export function encodeCanonical(tag: string, ...fields: readonly CanonicalField[]): Uint8Array {
  const tagBytes = textBytes(tag);
  const parts = [u8(tagBytes.length), tagBytes, u16(fields.length)];
  for (const field of fields) {
    const bytes = fieldBytes(field);
    parts.push(u32(bytes.length), bytes);
  }
  return concatBytes(...parts);
}

/**
 * Reads back what `encodeCanonical` made. Fields are views into `encoded`, not copies.
 * @throws BaseError `bad_encoding` for another tag, another count, or any byte too many or too few.
 */
export function decodeCanonical(tag: string, count: number, encoded: Uint8Array): CanonicalFields {
  const reader = new ByteReader(encoded);
  if (!equalBytes(reader.bytes(reader.u8()), utf8(tag))) throw new BaseError('bad_encoding', `this is not a ${tag}`);
  if (reader.u16() !== count) throw new BaseError('bad_encoding', `a ${tag} has ${count} fields`);
  const fields: Uint8Array[] = [];
  for (let i = 0; i < count; i++) fields.push(reader.bytes(reader.u32()));
  reader.end();
  return new CanonicalFields(fields);
}

/** Takes the fields of a decoded canonical encoding one after the other. */
export class CanonicalFields {
  readonly #fields: readonly Uint8Array[];
  #next = 0;

  constructor(fields: readonly Uint8Array[]) {
    this.#fields = fields;
  }

  /** @param size the exact length in bytes, where it is fixed. */
  bytes(size?: number): Uint8Array {
    const field = this.#fields[this.#next++];
    if (field === undefined) throw new BaseError('bad_encoding', 'a field is missing');
    if (size !== undefined && field.length !== size) {
      throw new BaseError('bad_encoding', `a field has ${field.length} bytes instead of ${size}`);
    }
    return field;
  }

  text(): string {
    return fromUtf8(this.bytes());
  }

  number(): number {
    return new ByteReader(this.bytes(8)).u64();
  }
}

function fieldBytes(field: CanonicalField): Uint8Array {
  if (typeof field === 'string') return textBytes(field);
  if (typeof field === 'number') return u64(field);
  return field;
}

/** As `utf8`, for as long as the encoding is made: out of Node's pool, because memory of its own costs more than the rest. */
function textBytes(text: string): Uint8Array {
  assertWellFormed(text);
  return Buffer.from(text);
}
