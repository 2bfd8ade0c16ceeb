// AES-256 in counter mode with SIMD: eight blocks side by side in eight v128.
// Bit `block` of byte 4 row + column of a plane belongs to that byte of the state.

import { encryptState } from '../cipher';
import { expandWords, roundKeyColumn } from '../key-schedule';
import { NONCE, STATE } from '../memory';
import { transpose } from '../planes';

/** Bytes of the expanded key: fifteen round keys of eight planes. */
export const KEY_BYTES: usize = 15 * 128;

/** Between the order of a block in memory, column by column, and row by row; the way back is the same. */
@inline function turned(block: v128): v128 {
  return v128.shuffle<u8>(block, block, 0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
}

export function expandKey(key: usize, context: usize): void {
  expandWords<v128>(key);
  for (let r: u32 = 0; r < 15; r++) {
    let roundKey = i32x4.splat(roundKeyColumn(r, 0));
    roundKey = i32x4.replace_lane(roundKey, 1, roundKeyColumn(r, 1));
    roundKey = i32x4.replace_lane(roundKey, 2, roundKeyColumn(r, 2));
    roundKey = turned(i32x4.replace_lane(roundKey, 3, roundKeyColumn(r, 3)));
    for (let block: usize = 0; block < 8; block++) v128.store(STATE + block * 16, roundKey);
    transpose<v128>();
    memory.copy(context + r * 128, STATE, 128);
  }
}

/** Xors the keystream of the counters `counter` to `counter` + 7 into the 128 bytes at `text`. */
export function xorKeystream(context: usize, counter: u32, text: usize): void {
  const nonce = v128.load(NONCE);
  for (let block: u32 = 0; block < 8; block++) {
    v128.store(STATE + block * 16, turned(i32x4.replace_lane(nonce, 3, bswap<u32>(counter + block))));
  }
  encryptState<v128>(context);
  for (let at: usize = 0; at < 128; at += 16) {
    v128.store(text + at, v128.xor(v128.load(text + at), turned(v128.load(STATE + at))));
  }
}
