// Blocks and round keys as planes without SIMD: four blocks side by side in eight u64.
// Bit 16 row + 4 column + block of a plane belongs to that byte of the state.

import { roundKeyColumn } from '../key-schedule';
import { transpose } from '../planes';

/** The four rows of a column, each in the low byte of its own 16 bits. */
@inline function spread(column: u32): u64 {
  const halves = (<u64>column | (<u64>column << 16)) & 0x0000ffff0000ffff;
  return (halves | (halves << 8)) & 0x00ff00ff00ff00ff;
}

@inline function gather(word: u64): u32 {
  const pairs = word & 0x00ff00ff00ff00ff;
  const halves = (pairs | (pairs >> 8)) & 0x0000ffff0000ffff;
  return <u32>(halves | (halves >> 16));
}

/** Before and after `transpose`, word b holds columns 0 and 2 of block b, and word 4 + b its columns 1 and 3. */
@inline function columns(even: u32, odd: u32): u64 {
  return spread(even) | (spread(odd) << 8);
}

/** The planes of a round key that all blocks share. */
export function setRoundKey(state: usize, round: u32): void {
  const even = columns(roundKeyColumn(round, 0), roundKeyColumn(round, 2));
  const odd = columns(roundKeyColumn(round, 1), roundKeyColumn(round, 3));
  for (const end = state + 32; state < end; state += 8) {
    store<u64>(state, even);
    store<u64>(state, odd, 32);
  }
  transpose<u64>(state - 32);
}

/** The planes of four blocks of consecutive counters. */
export function setCounters(state: usize, nonce: usize, counter: u32): void {
  const even = columns(load<u32>(nonce), load<u32>(nonce, 8));
  const odd = spread(load<u32>(nonce, 4));
  for (const end = state + 32; state < end; state += 8) {
    store<u64>(state, even);
    store<u64>(state, odd | (spread(bswap<u32>(counter)) << 8), 32);
    counter++;
  }
  transpose<u64>(state - 32);
}

@inline function xorWord(at: usize, word: u64): void {
  store<u64>(at, load<u64>(at) ^ word);
}

/** Xors four blocks, transposed back from their planes, into the 64 bytes at `text`. */
export function xorBlocks(text: usize, state: usize): void {
  for (const end = state + 32; state < end; state += 8) {
    const even = load<u64>(state), odd = load<u64>(state, 32);
    xorWord(text, <u64>gather(even) | (<u64>gather(odd) << 32));
    xorWord(text + 8, <u64>gather(even >> 8) | (<u64>gather(odd >> 8) << 32));
    text += 16;
  }
}
