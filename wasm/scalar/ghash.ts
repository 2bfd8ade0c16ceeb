// GHASH (SP 800-38D section 6.4) by integer multiplication with holes, as in BearSSL's ghash_ctmul64: a polynomial is cut
// into four, each with one bit in four, so that carries of the integer product fall into the holes and are masked away.
// No table at all. 64-bit multiplication takes the same time for all operands on x64 and arm64, and on the ARMv7 cores
// that run Node, where it becomes three multiplications of 32 bits.

import { HASH } from '../memory';

/** Bytes of the hash key: H, H bit-reversed, and the sums of their halves for Karatsuba. */
export const HASH_KEY_BYTES: usize = 48;

/** The low 64 bits of the carry-less product. */
function multiply(x: u64, y: u64): u64 {
  const x0 = x & 0x1111111111111111, x1 = x & 0x2222222222222222;
  const x2 = x & 0x4444444444444444, x3 = x & 0x8888888888888888;
  const y0 = y & 0x1111111111111111, y1 = y & 0x2222222222222222;
  const y2 = y & 0x4444444444444444, y3 = y & 0x8888888888888888;
  return (((x0 * y0) ^ (x1 * y3) ^ (x2 * y2) ^ (x3 * y1)) & 0x1111111111111111)
    | (((x0 * y1) ^ (x1 * y0) ^ (x2 * y3) ^ (x3 * y2)) & 0x2222222222222222)
    | (((x0 * y2) ^ (x1 * y1) ^ (x2 * y0) ^ (x3 * y3)) & 0x4444444444444444)
    | (((x0 * y3) ^ (x1 * y2) ^ (x2 * y1) ^ (x3 * y0)) & 0x8888888888888888);
}

function reverseBits(x: u64): u64 {
  x = ((x >> 1) & 0x5555555555555555) | ((x & 0x5555555555555555) << 1);
  x = ((x >> 2) & 0x3333333333333333) | ((x & 0x3333333333333333) << 2);
  x = ((x >> 4) & 0x0f0f0f0f0f0f0f0f) | ((x & 0x0f0f0f0f0f0f0f0f) << 4);
  return bswap<u64>(x);
}

/** The high 63 bits of the product of two words, from their mirror images. */
@inline function multiplyHigh(xReversed: u64, yReversed: u64): u64 {
  return reverseBits(multiply(xReversed, yReversed)) >> 1;
}

/** `h` is the 16-byte H; writes the hash key. */
export function expandHashKey(h: usize, hashKey: usize): void {
  const high = bswap<u64>(load<u64>(h));
  const low = bswap<u64>(load<u64>(h + 8));
  store<u64>(hashKey, high);
  store<u64>(hashKey + 8, low);
  store<u64>(hashKey + 16, high ^ low);
  store<u64>(hashKey + 24, reverseBits(high));
  store<u64>(hashKey + 32, reverseBits(low));
  store<u64>(hashKey + 40, reverseBits(high) ^ reverseBits(low));
}

/** Absorbs `blocks` blocks of 16 bytes at `data` into HASH. */
export function absorbBlocks(hashKey: usize, data: usize, blocks: usize): void {
  const h1 = load<u64>(hashKey), h0 = load<u64>(hashKey + 8), h2 = load<u64>(hashKey + 16);
  const h1r = load<u64>(hashKey + 24), h0r = load<u64>(hashKey + 32), h2r = load<u64>(hashKey + 40);
  let y1 = bswap<u64>(load<u64>(HASH)), y0 = bswap<u64>(load<u64>(HASH + 8));

  for (const end = data + blocks * 16; data < end; data += 16) {
    y1 ^= bswap<u64>(load<u64>(data));
    y0 ^= bswap<u64>(load<u64>(data + 8));
    const y1r = reverseBits(y1), y0r = reverseBits(y0);

    const low = multiply(y0, h0), high = multiply(y1, h1);
    const lowTop = multiplyHigh(y0r, h0r), highTop = multiplyHigh(y1r, h1r);
    const middle = multiply(y0 ^ y1, h2) ^ low ^ high;
    const middleTop = multiplyHigh(y0r ^ y1r, h2r) ^ lowTop ^ highTop;

    // The product of mirrored polynomials stands one bit too low.
    let v0 = low, v1 = lowTop ^ middle, v2 = high ^ middleTop, v3 = highTop;
    v3 = (v3 << 1) | (v2 >> 63);
    v2 = (v2 << 1) | (v1 >> 63);
    v1 = (v1 << 1) | (v0 >> 63);
    v0 <<= 1;

    // Reduction by x^128 + x^7 + x^2 + x + 1, twice 64 bits.
    v2 ^= v0 ^ (v0 >> 1) ^ (v0 >> 2) ^ (v0 >> 7);
    v1 ^= (v0 << 63) ^ (v0 << 62) ^ (v0 << 57);
    y1 = v3 ^ v1 ^ (v1 >> 1) ^ (v1 >> 2) ^ (v1 >> 7);
    y0 = v2 ^ (v1 << 63) ^ (v1 << 62) ^ (v1 << 57);
  }
  store<u64>(HASH, bswap<u64>(y1));
  store<u64>(HASH + 8, bswap<u64>(y0));
}
