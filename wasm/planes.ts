// The AES state as eight bit planes in STATE: plane i holds bit i of every state byte, of all blocks of a batch.

import { STATE } from './memory';
import { and, repeat, shiftLeft, shiftRight, xor } from './word';

@inline export function plane<W>(i: usize): W {
  return load<W>(STATE + i * sizeof<W>());
}

@inline export function setPlane<W>(i: usize, value: W): void {
  store<W>(STATE + i * sizeof<W>(), value);
}

/** Plane i of a round key. */
@inline export function keyPlane<W>(key: usize, i: usize): W {
  return load<W>(key + i * sizeof<W>());
}

/** Swaps the bits `mask << bits` of word i with the bits `mask` of word j. */
@inline function swapBits<W>(i: usize, j: usize, bits: i32, mask: u64): void {
  const a = plane<W>(i);
  const b = plane<W>(j);
  const swapped = and<W>(xor<W>(shiftRight<W>(a, bits), b), repeat<W>(mask));
  setPlane<W>(i, xor<W>(a, shiftLeft<W>(swapped, bits)));
  setPlane<W>(j, xor<W>(b, swapped));
}

/** Turns eight words of bytes into eight bit planes: bit i of byte j in word w moves to bit w of byte j in word i. Self-inverse. */
export function transpose<W>(): void {
  swapBits<W>(0, 1, 1, 0x5555555555555555);
  swapBits<W>(2, 3, 1, 0x5555555555555555);
  swapBits<W>(4, 5, 1, 0x5555555555555555);
  swapBits<W>(6, 7, 1, 0x5555555555555555);
  swapBits<W>(0, 2, 2, 0x3333333333333333);
  swapBits<W>(1, 3, 2, 0x3333333333333333);
  swapBits<W>(4, 6, 2, 0x3333333333333333);
  swapBits<W>(5, 7, 2, 0x3333333333333333);
  swapBits<W>(0, 4, 4, 0x0f0f0f0f0f0f0f0f);
  swapBits<W>(1, 5, 4, 0x0f0f0f0f0f0f0f0f);
  swapBits<W>(2, 6, 4, 0x0f0f0f0f0f0f0f0f);
  swapBits<W>(3, 7, 4, 0x0f0f0f0f0f0f0f0f);
}
