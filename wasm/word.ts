// The two words that the bitsliced AES is written over: u64 (four blocks side by side) and v128 (eight). Only operations
// whose time doesn't depend on their operands: and, xor, shifts and rotations by constants, fixed byte shuffles.

/** isVector, under a condition that keeps what is SIMD out of the build without. */
@inline export function isVectorWord<W>(): bool {
  return ASC_FEATURE_SIMD && isVector<W>();
}

@inline export function xor<W>(a: W, b: W): W {
  if (isVector<W>()) return v128.xor(a, b);
  else return a ^ b;
}

@inline export function and<W>(a: W, b: W): W {
  if (isVector<W>()) return v128.and(a, b);
  else return a & b;
}

@inline export function shiftLeft<W>(a: W, bits: i32): W {
  if (isVector<W>()) return v128.shl<u64>(a, bits);
  else return a << bits;
}

@inline export function shiftRight<W>(a: W, bits: i32): W {
  if (isVector<W>()) return v128.shr<u64>(a, bits);
  else return a >> bits;
}

/** The word that repeats one 64-bit pattern. */
@inline export function repeat<W>(pattern: u64): W {
  if (isVector<W>()) return v128.splat<u64>(pattern);
  else return pattern;
}

/**
 * Takes every byte of the sum of two AES states from `rows` further down and `rows * skew` columns further right (both modulo 4).
 * Rows are the quarters of a word, columns the quarters of a row.
 *
 * A constant `swizzle` because V8 builds the mask of a `shuffle` anew each time, in five instructions. Of a sum because V8 11.3
 * and 12.4 compute it wrongly on x64 without AVX where its first operand is a local that lives on; if the sum is needed
 * elsewhere, too, TurboFan computes it once.
 */
@inline export function rotateSum<W>(a: W, b: W, rows: i32, skew: i32): W {
  const columns = (rows * skew) & 3;
  const sum = xor<W>(a, b);
  if (isVector<W>()) {
    if (rows == 1) {
      if (columns == 0) return v128.shuffle<u8>(sum, sum, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3);
      else if (columns == 1) return v128.swizzle(v128.xor(a, b), i8x16(5, 6, 7, 4, 9, 10, 11, 8, 13, 14, 15, 12, 1, 2, 3, 0));
      else if (columns == 2) return v128.swizzle(v128.xor(a, b), i8x16(6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13, 2, 3, 0, 1));
      else return v128.swizzle(v128.xor(a, b), i8x16(7, 4, 5, 6, 11, 8, 9, 10, 15, 12, 13, 14, 3, 0, 1, 2));
    } else {
      if (columns == 0) return v128.shuffle<u8>(sum, sum, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7);
      else return v128.swizzle(v128.xor(a, b), i8x16(10, 11, 8, 9, 14, 15, 12, 13, 2, 3, 0, 1, 6, 7, 4, 5));
    }
  } else {
    const turned = rotr<u64>(sum, 16 * rows);
    if (columns == 0) return turned;
    else if (columns == 1) return ((turned >> 4) & 0x0fff0fff0fff0fff) | ((turned & 0x000f000f000f000f) << 12);
    else if (columns == 2) return ((turned >> 8) & 0x00ff00ff00ff00ff) | ((turned & 0x00ff00ff00ff00ff) << 8);
    else return ((turned >> 12) & 0x000f000f000f000f) | ((turned & 0x0fff0fff0fff0fff) << 4);
  }
}

/** Turns rows 1 and 3 of the AES state by two columns. */
@inline export function turnOddRows<W>(a: W): W {
  if (isVector<W>()) return v128.shuffle<u8>(a, a, 0, 1, 2, 3, 6, 7, 4, 5, 8, 9, 10, 11, 14, 15, 12, 13);
  else return (a & 0x0000ffff0000ffff) | ((a >> 8) & 0x00ff000000ff0000) | ((a << 8) & 0xff000000ff000000);
}
