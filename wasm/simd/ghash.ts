// GHASH (SP 800-38D section 6.4) by tables of four bits that are looked up inside a register: a table row is loaded whole,
// from an address that depends on nothing secret, and `swizzle` picks from it for all sixteen bytes of a block at once.
// Four blocks are multiplied by H^4, H^3, H^2 and H and reduced together.
//
// V8 11.3 and 12.4 (Node 20 and 22) compute swizzle wrongly on x64 without AVX where its first operand is a local that
// lives on and its second a temporary. Here the first is always fresh from memory and the second a local.

import { BLOCK, GROUP, HASH, STATE } from '../memory';

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

/** Writes the tables of the power of H at BLOCK, the ones at `tables` in each row. */
function writeTables(tables: usize): void {
  let high = bswap<u64>(load<u64>(BLOCK)), low = bswap<u64>(load<u64>(BLOCK + 8));
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
  memory.copy(BLOCK, h, 16);
  for (let power: usize = 0; power < 4; power++) {
    writeTables(hashKey + (3 - power) * 32);
    memory.fill(HASH, 0, 16);
    absorbBlocks(hashKey, BLOCK, 1);
    memory.copy(BLOCK, HASH, 16);
  }
}

@inline function highNibbles(block: v128): v128 {
  return v128.and(v128.shr<u64>(block, 4), i8x16.splat(15));
}

@inline function lowNibbles(block: v128): v128 {
  return v128.and(block, i8x16.splat(15));
}

@inline function lookUp(table: usize, nibbles: v128): v128 {
  return v128.swizzle(v128.load(table), nibbles);
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

/** (a + hash) H^4 + b H^3 + c H^2 + d H, for the four blocks at `data`. */
@inline function step(hashKey: usize, data: usize, hash: v128): v128 {
  const a = v128.xor(v128.load(data), hash);
  const b = v128.load(data + 16);
  const c = v128.load(data + 32);
  const d = v128.load(data + 48);
  const aHigh = highNibbles(a), aLow = lowNibbles(a);
  const bHigh = highNibbles(b), bLow = lowNibbles(b);
  const cHigh = highNibbles(c), cLow = lowNibbles(c);
  const dHigh = highNibbles(d), dLow = lowNibbles(d);

  // Row by row from the last byte, each time moving what is there up by a byte.
  let lower = i64x2.splat(0), upper = i64x2.splat(0);
  for (let row = hashKey + 15 * ROW_BYTES; row >= hashKey; row -= ROW_BYTES) {
    const first = v128.xor(
      v128.xor(lookUp(row, aHigh), lookUp(row + 16, aLow)),
      v128.xor(lookUp(row + 32, bHigh), lookUp(row + 48, bLow)),
    );
    const second = v128.xor(
      v128.xor(lookUp(row + 64, cHigh), lookUp(row + 80, cLow)),
      v128.xor(lookUp(row + 96, dHigh), lookUp(row + 112, dLow)),
    );
    upper = v128.shuffle<u8>(lower, upper, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30);
    lower = v128.shuffle<u8>(i64x2.splat(0), lower, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30);
    lower = v128.xor(lower, v128.xor(first, second));
  }
  return v128.xor(lower, reduced(upper));
}

/** Absorbs `blocks` blocks of 16 bytes at `data` into HASH: first what exceeds a multiple of four, behind zeros. */
export function absorbBlocks(hashKey: usize, data: usize, blocks: usize): void {
  let hash = v128.load(HASH);
  const odd = (blocks & 3) << 4;
  if (odd > 0) {
    const start = GROUP + 64 - odd;
    memory.fill(GROUP, 0, 64);
    memory.copy(start, data, odd);
    v128.store(start, v128.xor(v128.load(start), hash));
    hash = step(hashKey, GROUP, i64x2.splat(0));
  }
  for (let at = data + odd, end = data + (blocks << 4); at < end; at += 64) hash = step(hashKey, at, hash);
  v128.store(HASH, hash);
}
