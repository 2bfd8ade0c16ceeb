import { BaseError } from '../errors.js';

/**
 * Base64 of keys (RFC 4648), bytes to bytes: a string can't be wiped. Without a table and without a branch on the data,
 * so that neither the cache nor the clock tells of it.
 */

/** Characters that follow each other: the first one, how many there are, and which value the first one stands for. */
type Run = readonly [first: number, count: number, value: number];
const LETTERS_AND_DIGITS: readonly Run[] = [
  [0x41, 26, 0],
  [0x61, 26, 26],
  [0x30, 10, 52],
];
/** RFC 4648 section 4: `+` and `/`. */
const STANDARD: readonly Run[] = [...LETTERS_AND_DIGITS, [0x2b, 1, 62], [0x2f, 1, 63]];
/** RFC 4648 section 5: `-` and `_`. */
const URL_SAFE: readonly Run[] = [...LETTERS_AND_DIGITS, [0x2d, 1, 62], [0x5f, 1, 63]];
const PAD = 0x3d;

/** Padded to a multiple of four. The caller wipes both. */
export function keyToBase64(bytes: Uint8Array): Uint8Array {
  const text = new Uint8Array(Math.ceil(bytes.length / 3) * 4).fill(PAD);
  encode(bytes, STANDARD, text);
  return text;
}

/** base64url without padding. The caller wipes both. */
export function keyToBase64Url(bytes: Uint8Array): Uint8Array {
  const text = new Uint8Array(Math.ceil((bytes.length * 4) / 3));
  encode(bytes, URL_SAFE, text);
  return text;
}

/**
 * Strict: what it accepts encodes back to the same text. The caller wipes both.
 * @throws BaseError `bad_encoding`
 */
export function keyFromBase64Url(text: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
  let isStrict = text.length % 4 === 1 ? 0 : -1;
  let [held, bits, at] = [0, 0, 0];
  for (const character of text) {
    let [value, isKnown] = [0, 0];
    for (const [first, count, from] of URL_SAFE) {
      const isHere = isWithin(character, first, count);
      value |= isHere & (character - first + from);
      isKnown |= isHere;
    }
    isStrict &= isKnown;
    held = ((held << 6) | value) & 0xfff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes[at++] = held >> bits;
  }
  // What is left over are bits that mean nothing, and there must be one way alone to write them.
  if (isStrict !== 0 && (held & ((1 << bits) - 1)) === 0) return bytes;
  bytes.fill(0);
  throw new BaseError('bad_encoding', 'not base64url');
}

function encode(bytes: Uint8Array, alphabet: readonly Run[], text: Uint8Array): void {
  let [held, bits, at] = [0, 0, 0];
  for (const byte of bytes) {
    held = ((held << 8) | byte) & 0xffff;
    for (bits += 8; bits >= 6; bits -= 6) text[at++] = character((held >> (bits - 6)) & 0x3f, alphabet);
  }
  if (bits > 0) text[at] = character((held << (6 - bits)) & 0x3f, alphabet);
}

function character(value: number, alphabet: readonly Run[]): number {
  let found = 0;
  for (const [first, count, from] of alphabet) found |= isWithin(value, from, count) & (first + value - from);
  return found;
}

/** All ones where the number is one of `count` from `from` on, else zero. */
function isWithin(number: number, from: number, count: number): number {
  return ((from - 1 - number) & (number - from - count)) >> 31;
}
