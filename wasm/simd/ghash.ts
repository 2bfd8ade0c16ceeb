// GHASH (SP 800-38D section 6.4) by tables of four bits that are looked up inside a register: a table row is loaded whole,
// from an address that depends on nothing secret, and `swizzle` picks from it for all sixteen bytes of a block at once.
// Four blocks are multiplied by H^4, H^3, H^2 and H and reduced together.
//
// V8 11.3 and 12.4 (Node 20 and 22) compute swizzle wrongly on x64 without AVX where its first operand is a local that
// lives on and its second a temporary. Here the first is always fresh from memory and the second a local.

import { HASH, KEYSTREAM, STATE } from '../memory';

/** A row for each byte of the product: four powers of H, two nibbles each, sixteen products of a nibble. */
const ROW_BYTES: usize = 4 * 2 * 16;
export const HASH_KEY_BYTES: usize = 16 * ROW_BYTES;

/** Bytes of all lanes whose number has the bit 8, 4, 2 or 1. */
@inline function lanesWith(bit: i32): v128 {
  if (bit == 8) return i8x16(0, 0, 0, 0, 0, 0, 0, 0, -1, -1, -1, -1, -1, -1, -1, -1);
  else if (bit == 4) return i8x16(0, 0, 0, 0, -1, -1, -1, -1, 0, 0, 0, 0, -1, -1, -1, -1);
  else if (bit == 2) return i8x16(0, 0, -1, -1, 0, 0, -1, -1, 0, 0, -1, -1, 0, 0, -1, -1);
  else return i8x16(0, -1, 0, -1, 0, -1, 0, -1, 0, -1, 0, -1, 0, -1, 0, -1);
}

/** One byte of the products of all sixteen nibbles with a power, from that byte of the power times 1, x, x^2 and x^3. */
@inline function products(powers: usize): v128 {
  return v128.xor(
    v128.xor(
      v128.and(v128.load_splat<u8>(powers), lanesWith(8)),
      v128.and(v128.load_splat<u8>(powers + 16), lanesWith(4)),
    ),
    v128.xor(
      v128.and(v128.load_splat<u8>(powers + 32), lanesWith(2)),
      v128.and(v128.load_splat<u8>(powers + 48), lanesWith(1)),
    ),
  );
}

/** A power of H while its tables are made. */
const POWER: usize = KEYSTREAM;

/** Writes the tables of the power of H at POWER, the ones at `tables` in each row. */
function writeTables(tables: usize): void {
  let high = bswap<u64>(load<u64>(POWER)), low = bswap<u64>(load<u64>(POWER + 8));
  // The power times 1, x, … x^7. In GHASH's mirrored order, times x is a shift to the right.
  for (let at: usize = 0; at < 128; at += 16) {
    store<u64>(STATE + at, bswap<u64>(high));
    store<u64>(STATE + at + 8, bswap<u64>(low));
    const carry = 0 - (low & 1);
    low = (low >> 1) | (high << 63);
    high = (high >> 1) ^ (carry & 0xe100000000000000);
  }
  for (let byte: usize = 0; byte < 16; byte++) {
    v128.store(tables + byte * ROW_BYTES, products(STATE + byte));
    v128.store(tables + byte * ROW_BYTES + 16, products(STATE + 64 + byte));
  }
}

/** `h` is the 16-byte H; writes the tables of its first four powers. */
export function expandHashKey(h: usize, hashKey: usize): void {
  // With three empty tables, absorbing one block into nothing multiplies it by H.
  memory.fill(hashKey, 0, HASH_KEY_BYTES);
  memory.copy(POWER, h, 16);
  for (let power: usize = 0; power < 4; power++) {
    writeTables(hashKey + (3 - power) * 32);
    memory.fill(HASH, 0, 16);
    absorbBlocks(hashKey, POWER, 1);
    memory.copy(POWER, HASH, 16);
  }
}

@inline function highNibbles(block: v128): v128 {
  return v128.and(v128.shr<u64>(block, 4), i8x16.splat(15));
}

@inline function lowNibbles(block: v128): v128 {
  return v128.and(block, i8x16.splat(15));
}

@inline function reversed(a: v128): v128 {
  return v128.shuffle<u8>(a, a, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
}

/** What the bits that one lane of 64 loses under x + x^2 + x^7 are in the other lane. */
@inline function carries(a: v128): v128 {
  return v128.xor(v128.xor(v128.shl<u64>(a, 63), v128.shl<u64>(a, 62)), v128.shl<u64>(a, 57));
}

/** The upper half of a product modulo x^128 + x^7 + x^2 + x + 1. */
@inline function reduced(upper: v128): v128 {
  const none = i64x2.splat(0);
  // As a number of 128 bits whose lowest is x^127. What falls out below comes in again on top.
  let a = reversed(upper);
  a = v128.xor(a, v128.shuffle<u64>(none, carries(a), 0, 2));
  const within = v128.xor(v128.xor(v128.shr<u64>(a, 1), v128.shr<u64>(a, 2)), v128.shr<u64>(a, 7));
  const across = v128.shuffle<u64>(carries(a), none, 1, 2);
  return reversed(v128.xor(a, v128.xor(within, across)));
}

/** The upper of two words of sixteen bytes, moved up by a byte. */
@inline function movedUp(lower: v128, upper: v128): v128 {
  return v128.shuffle<u8>(lower, upper, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30);
}

/** The last row of a hash key. */
@inline function lastRow(hashKey: usize): usize {
  return hashKey + 15 * ROW_BYTES;
}

/**
 * a H^4 + b H^3 + c H^2 + d H, row by row from the last byte, each time moving what is there up by a byte. The nibbles come
 * as arguments, because TurboFan would split the blocks again for every row, and the loop isn't unrolled, because it
 * would load all the rows before it used the first. One sum after the other, for want of registers.
 */
function multiplyFour(
  hashKey: usize, aHigh: v128, aLow: v128, bHigh: v128, bLow: v128, cHigh: v128, cLow: v128, dHigh: v128, dLow: v128,
): v128 {
  const none = i64x2.splat(0);
  let lower = none, upper = none;
  for (let row = lastRow(hashKey); row >= hashKey; row -= ROW_BYTES) {
    upper = movedUp(lower, upper);
    lower = v128.xor(movedUp(none, lower), v128.swizzle(v128.load(row), aHigh));
    lower = v128.xor(lower, v128.swizzle(v128.load(row, 16), aLow));
    lower = v128.xor(lower, v128.swizzle(v128.load(row, 32), bHigh));
    lower = v128.xor(lower, v128.swizzle(v128.load(row, 48), bLow));
    lower = v128.xor(lower, v128.swizzle(v128.load(row, 64), cHigh));
    lower = v128.xor(lower, v128.swizzle(v128.load(row, 80), cLow));
    lower = v128.xor(lower, v128.swizzle(v128.load(row, 96), dHigh));
    lower = v128.xor(lower, v128.swizzle(v128.load(row, 112), dLow));
  }
  return v128.xor(lower, reduced(upper));
}

/** c H^2 + d H. */
function multiplyTwo(hashKey: usize, cHigh: v128, cLow: v128, dHigh: v128, dLow: v128): v128 {
  const none = i64x2.splat(0);
  let lower = none, upper = none;
  for (let row = lastRow(hashKey); row >= hashKey; row -= ROW_BYTES) {
    upper = movedUp(lower, upper);
    lower = v128.xor(movedUp(none, lower), v128.swizzle(v128.load(row, 64), cHigh));
    lower = v128.xor(lower, v128.swizzle(v128.load(row, 80), cLow));
    lower = v128.xor(lower, v128.swizzle(v128.load(row, 96), dHigh));
    lower = v128.xor(lower, v128.swizzle(v128.load(row, 112), dLow));
  }
  return v128.xor(lower, reduced(upper));
}

@inline function sumOfFour(hashKey: usize, a: v128, b: v128, c: v128, d: v128): v128 {
  return multiplyFour(
    hashKey, highNibbles(a), lowNibbles(a), highNibbles(b), lowNibbles(b), highNibbles(c), lowNibbles(c), highNibbles(d), lowNibbles(d),
  );
}

@inline function sumOfTwo(hashKey: usize, c: v128, d: v128): v128 {
  return multiplyTwo(hashKey, highNibbles(c), lowNibbles(c), highNibbles(d), lowNibbles(d));
}

/** Absorbs `blocks` blocks of 16 bytes at `data` into HASH: first what exceeds a multiple of four, behind a block of zeros if odd. */
export function absorbBlocks(hashKey: usize, data: usize, blocks: usize): void {
  const none = i64x2.splat(0);
  const end = data + (blocks << 4);
  const odd = blocks & 3;
  let hash = v128.load(HASH);
  if (odd > 0) {
    const first = v128.xor(v128.load(data), hash);
    if (odd == 1) hash = sumOfTwo(hashKey, none, first);
    else if (odd == 2) hash = sumOfTwo(hashKey, first, v128.load(data, 16));
    else hash = sumOfFour(hashKey, none, first, v128.load(data, 16), v128.load(data, 32));
    data += odd << 4;
  }
  for (; data < end; data += 64) {
    const first = v128.xor(v128.load(data), hash);
    hash = sumOfFour(hashKey, first, v128.load(data, 16), v128.load(data, 32), v128.load(data, 48));
  }
  v128.store(HASH, hash);
}
