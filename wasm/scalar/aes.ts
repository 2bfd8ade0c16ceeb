// AES-256 in counter mode without SIMD: four blocks side by side in eight u64.
// Bit 16 row + 4 column + block of a plane belongs to that byte of the state.

import { encryptState } from '../cipher';
import { expandWords, roundKeyColumn } from '../key-schedule';
import { NONCE, STATE } from '../memory';
import { transpose } from '../planes';

/** Bytes of the expanded key: fifteen round keys of eight planes. */
export const KEY_BYTES: usize = 15 * 64;

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

export function expandKey(key: usize, context: usize): void {
  expandWords<u64>(key);
  for (let r: u32 = 0; r < 15; r++) {
    const even = columns(roundKeyColumn(r, 0), roundKeyColumn(r, 2));
    const odd = columns(roundKeyColumn(r, 1), roundKeyColumn(r, 3));
    for (let block: usize = 0; block < 4; block++) {
      store<u64>(STATE + block * 8, even);
      store<u64>(STATE + 32 + block * 8, odd);
    }
    transpose<u64>();
    memory.copy(context + r * 64, STATE, 64);
  }
}

@inline function xorColumn(at: usize, column: u32): void {
  store<u32>(at, load<u32>(at) ^ column);
}

/** Xors the keystream of the counters `counter` to `counter` + 3 into the 64 bytes at `text`. */
export function xorKeystream(context: usize, counter: u32, text: usize): void {
  const even = columns(load<u32>(NONCE), load<u32>(NONCE + 8));
  const odd = spread(load<u32>(NONCE + 4));
  for (let block: u32 = 0; block < 4; block++) {
    store<u64>(STATE + block * 8, even);
    store<u64>(STATE + 32 + block * 8, odd | (spread(bswap<u32>(counter + block)) << 8));
  }
  encryptState<u64>(context);
  for (let block: usize = 0; block < 4; block++) {
    const left = load<u64>(STATE + block * 8);
    const right = load<u64>(STATE + 32 + block * 8);
    xorColumn(text + block * 16, gather(left));
    xorColumn(text + block * 16 + 4, gather(right));
    xorColumn(text + block * 16 + 8, gather(left >> 8));
    xorColumn(text + block * 16 + 12, gather(right >> 8));
  }
}
