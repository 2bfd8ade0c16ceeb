// AES-256 in counter mode over words W, a batch at a time. Of 256 consecutive counter blocks only the last byte differs, so
// the first round differs in one column only, by what depends on the key and the counter alone: a key for long text has
// these differences in store.

import { encryptFirst, encryptRest, encryptRestOfTwo } from './cipher';
import { BATCH_BYTES, ROUND_1, STATE, STATE_2, ZEROS } from './memory';
import { transpose } from './planes';
import * as scalar from './scalar/blocks';
import * as simd from './simd/blocks';
import { isVectorWord, xor } from './word';

const BATCH_BLOCKS: u32 = <u32>(BATCH_BYTES / 16);

// An expanded key: fifteen round keys, the differences, and a word that says whether they are there.
const DIFFERENCES: usize = 15 * BATCH_BYTES;
const IS_PREPARED: usize = DIFFERENCES + 256 * 16;
export const KEY_BYTES: usize = IS_PREPARED + 16;

@inline function isPrepared(key: usize): bool {
  return load<u32>(key, IS_PREPARED) != 0;
}

/** The differences of a batch. The planes of a batch take as many bytes as its blocks. */
@inline function differences(key: usize, counter: u32): usize {
  return key + DIFFERENCES + <usize>(counter & 255) * 16;
}

function setRoundKey<W>(state: usize, round: u32): void {
  if (isVectorWord<W>()) simd.setRoundKey(state, round);
  else scalar.setRoundKey(state, round);
}

function setCounters<W>(state: usize, nonce: usize, counter: u32): void {
  if (isVectorWord<W>()) simd.setCounters(state, nonce, counter);
  else scalar.setCounters(state, nonce, counter);
}

function xorBlocks<W>(text: usize, state: usize): void {
  transpose<W>(state);
  if (isVectorWord<W>()) simd.xorBlocks(text, state);
  else scalar.xorBlocks(text, state);
}

/** Expands what `expandWords` has made of a key, to `key`, in the place of another one perhaps. */
export function expandRoundKeys<W>(key: usize): void {
  store<u32>(key, 0, IS_PREPARED);
  for (let round: u32 = 0; round < 15; round++) setRoundKey<W>(key + round * BATCH_BYTES, round);
}

/** Writes the sums of two states. */
function add<W>(to: usize, a: usize, b: usize): void {
  for (let i: usize = 0; i < BATCH_BYTES; i += sizeof<W>()) {
    store<W>(to + i, xor<W>(load<W>(a + i), load<W>(b + i)));
  }
}

function firstRound<W>(state: usize, key: usize, nonce: usize, counter: u32): void {
  setCounters<W>(state, nonce, counter);
  encryptFirst<W>(state, key);
}

/** Stores the differences of the first round behind a key, unless they are there. */
export function prepare<W>(key: usize): void {
  if (isPrepared(key)) return;
  firstRound<W>(ROUND_1, key, ZEROS, 0);
  for (let counter: u32 = 0; counter < 256; counter += BATCH_BLOCKS) {
    firstRound<W>(STATE, key, ZEROS, counter);
    add<W>(differences(key, counter), STATE, ROUND_1);
  }
  store<u32>(key, 1, IS_PREPARED);
}

/** Xors the keystream of a batch of counters from `counter` on into `text`. */
export function xorBatch<W>(key: usize, nonce: usize, counter: u32, text: usize): void {
  firstRound<W>(STATE, key, nonce, counter);
  encryptRest<W>(STATE, key);
  xorBlocks<W>(text, STATE);
}

/** The same for two batches. All of a long message goes through here from its start, so that ROUND_1 is right. */
export function xorTwoBatches<W>(key: usize, nonce: usize, counter: u32, text: usize): void {
  const next = counter + BATCH_BLOCKS;
  if (isPrepared(key)) {
    if ((counter & 255) == 0) firstRound<W>(ROUND_1, key, nonce, counter);
    add<W>(STATE, ROUND_1, differences(key, counter));
    add<W>(STATE_2, ROUND_1, differences(key, next));
  } else {
    firstRound<W>(STATE, key, nonce, counter);
    firstRound<W>(STATE_2, key, nonce, next);
  }
  encryptRestOfTwo<W>(STATE, STATE_2, key);
  xorBlocks<W>(text, STATE);
  xorBlocks<W>(text + BATCH_BYTES, STATE_2);
}
