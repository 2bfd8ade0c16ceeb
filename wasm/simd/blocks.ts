// Blocks and round keys as planes with SIMD: eight blocks side by side in eight v128.
// Bit `block` of byte 4 row + column of a plane belongs to that byte of the state.

import { roundKeyColumn } from '../key-schedule';

/** Between the order of a block in memory, column by column, and row by row; the way back is the same. */
@inline function turned(block: v128): v128 {
  return v128.shuffle<u8>(block, block, 0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
}

/** A plane of eight blocks that are all the same: each byte is all ones or all zeros, as bit `bit` of it says. */
@inline function spreadBit(block: v128, bit: i32): v128 {
  return i8x16.lt_s(v128.shl<u64>(block, 7 - bit), i64x2.splat(0));
}

/** The planes of one block eight times, the lowest three added to `p0`, `p1`, `p2`. No transposition is needed. */
@inline function setPlanes(state: usize, block: v128, p0: v128, p1: v128, p2: v128): void {
  v128.store(state, v128.xor(spreadBit(block, 0), p0));
  v128.store(state, v128.xor(spreadBit(block, 1), p1), 16);
  v128.store(state, v128.xor(spreadBit(block, 2), p2), 32);
  v128.store(state, spreadBit(block, 3), 48);
  v128.store(state, spreadBit(block, 4), 64);
  v128.store(state, spreadBit(block, 5), 80);
  v128.store(state, spreadBit(block, 6), 96);
  v128.store(state, spreadBit(block, 7), 112);
}

/** The planes of a round key that all blocks share. */
export function setRoundKey(state: usize, round: u32): void {
  let key = i32x4.splat(roundKeyColumn(round, 0));
  key = i32x4.replace_lane(key, 1, roundKeyColumn(round, 1));
  key = i32x4.replace_lane(key, 2, roundKeyColumn(round, 2));
  key = i32x4.replace_lane(key, 3, roundKeyColumn(round, 3));
  const none = i64x2.splat(0);
  setPlanes(state, turned(key), none, none, none);
}

/** The planes of eight blocks of consecutive counters, from a multiple of eight on: their last three bits are constants. */
export function setCounters(state: usize, nonce: usize, counter: u32): void {
  const block = turned(i32x4.replace_lane(v128.load(nonce), 3, bswap<u32>(counter)));
  setPlanes(state, block, i32x4(0, 0, 0, 0xaa000000), i32x4(0, 0, 0, 0xcc000000), i32x4(0, 0, 0, 0xf0000000));
}

/** Xors eight blocks, transposed back from their planes, into the 128 bytes at `text`. */
export function xorBlocks(text: usize, state: usize): void {
  for (const end = state + 128; state < end; state += 16) {
    v128.store(text, v128.xor(v128.load(text), turned(v128.load(state))));
    text += 16;
  }
}
