// AES-256-GCM (NIST SP 800-38D) with 96-bit nonces and 128-bit tags: what the module exports. Two builds are made of this
// file, one over u64 and one over v128. Branches and addresses depend on slots, lengths and positions only.
//
// Sealing:  begin, absorbAad…, encrypt…, finish.
// Opening:  begin, absorbAad…, absorbText…, matches; and only where that says 1: decrypt….
// Text goes through BUFFER in pieces: FIRST_BYTES, then BUFFER_BYTES each, the last one shorter; AAD through AAD in
// pieces of AAD_BYTES, the last one shorter. `wipe` ends every message.

import {
  AAD, AAD_BYTES, BATCH_BLOCKS, BATCH_BYTES, BLOCK, BUFFER, BUFFER_BYTES, CONTEXTS, HASH, KEYSTREAM, NONCE, SCHEDULE, SCHEDULE_BYTES, SLOTS,
} from './memory';
import * as scalarAes from './scalar/aes';
import * as scalarGhash from './scalar/ghash';
import * as simdAes from './simd/aes';
import * as simdGhash from './simd/ghash';

export { AAD, AAD_BYTES, BUFFER, BUFFER_BYTES, NONCE, SLOTS };

/** The keystream of a message starts 32 bytes before its text: with the counters 0 (unused) and 1 (the mask of the tag). */
const HEAD_BYTES: usize = 32;
export const FIRST_BYTES: usize = BUFFER_BYTES - HEAD_BYTES;

const KEY_BYTES: usize = ASC_FEATURE_SIMD ? simdAes.KEY_BYTES : scalarAes.KEY_BYTES;
const HASH_KEY_BYTES: usize = ASC_FEATURE_SIMD ? simdGhash.HASH_KEY_BYTES : scalarGhash.HASH_KEY_BYTES;
const CONTEXT_BYTES: usize = KEY_BYTES + HASH_KEY_BYTES;

let context: usize = 0;
let counter: u32 = 0;
let aadBytes: u64 = 0;
let textBytes: u64 = 0;
/** Behind the last piece of text: the place of the tag. */
let textEnd: usize = BUFFER;

// What differs between the builds; the compiler sees one branch only.
@inline function expandCipherKey(context: usize): void {
  if (ASC_FEATURE_SIMD) simdAes.expandKey(BUFFER, context);
  else scalarAes.expandKey(BUFFER, context);
}

@inline function expandHashKey(context: usize): void {
  if (ASC_FEATURE_SIMD) simdGhash.expandHashKey(BUFFER, context + KEY_BYTES);
  else scalarGhash.expandHashKey(BUFFER, context + KEY_BYTES);
}

@inline function xorKeystream(context: usize, counter: u32, text: usize): void {
  if (ASC_FEATURE_SIMD) simdAes.xorKeystream(context, counter, text);
  else scalarAes.xorKeystream(context, counter, text);
}

@inline function absorbBlocks(data: usize, blocks: usize): void {
  if (ASC_FEATURE_SIMD) simdGhash.absorbBlocks(context + KEY_BYTES, data, blocks);
  else scalarGhash.absorbBlocks(context + KEY_BYTES, data, blocks);
}

@inline function contextOf(slot: usize): usize {
  return CONTEXTS + slot * CONTEXT_BYTES;
}

/** Expands the 32-byte key at BUFFER into a slot, and wipes every trace of it elsewhere. */
export function expandKey(slot: usize): void {
  const context = contextOf(slot);
  expandCipherKey(context);
  // H is the encryption of the zero block: nonce zero, counter zero.
  memory.fill(NONCE, 0, 12);
  memory.fill(BUFFER, 0, BATCH_BYTES);
  xorKeystream(context, 0, BUFFER);
  expandHashKey(context);
  memory.fill(SCHEDULE, 0, SCHEDULE_BYTES);
  wipe(0);
}

export function forgetKey(slot: usize): void {
  memory.fill(contextOf(slot), 0, CONTEXT_BYTES);
}

/** Begins a message under the key in `slot` with the nonce at NONCE, which stays there until the message ends. */
export function begin(slot: usize): void {
  context = contextOf(slot);
  counter = 0;
  aadBytes = 0;
  textBytes = 0;
  textEnd = BUFFER;
  memory.fill(HASH, 0, 16);
  memory.fill(KEYSTREAM, 0, BATCH_BYTES);
  xorKeystream(context, 0, KEYSTREAM);
}

/** Absorbs `bytes` bytes at `data`, the last block filled up with zeros. */
function absorb(data: usize, bytes: usize): void {
  const blocks = bytes >> 4, tail = bytes & 15;
  if (blocks > 0) absorbBlocks(data, blocks);
  if (tail > 0) {
    memory.fill(BLOCK, 0, 16);
    memory.copy(BLOCK, data + (blocks << 4), tail);
    absorbBlocks(BLOCK, 1);
  }
}

/** Xors the next `bytes` of keystream into BUFFER; what lies behind them in the last batch is left undefined. */
function applyKeystream(bytes: usize): void {
  let text = BUFFER;
  if (counter == 0) {
    for (let i = HEAD_BYTES; i < BATCH_BYTES; i += 8) {
      store<u64>(text, load<u64>(text) ^ load<u64>(KEYSTREAM + i));
      text += 8;
    }
    counter = BATCH_BLOCKS;
  }
  for (const end = BUFFER + bytes; text < end; text += BATCH_BYTES) {
    xorKeystream(context, counter, text);
    counter += BATCH_BLOCKS;
  }
}

export function absorbAad(bytes: usize): void {
  aadBytes += bytes;
  absorb(AAD, bytes);
}

export function absorbText(bytes: usize): void {
  textBytes += bytes;
  textEnd = BUFFER + bytes;
  absorb(BUFFER, bytes);
}

export function encrypt(bytes: usize): void {
  applyKeystream(bytes);
  absorbText(bytes);
}

export function decrypt(bytes: usize): void {
  applyKeystream(bytes);
}

/** Absorbs the lengths and leaves the tag in HASH. */
function makeTag(): void {
  store<u64>(BLOCK, bswap<u64>(aadBytes << 3));
  store<u64>(BLOCK + 8, bswap<u64>(textBytes << 3));
  absorbBlocks(BLOCK, 1);
  store<u64>(HASH, load<u64>(HASH) ^ load<u64>(KEYSTREAM + 16));
  store<u64>(HASH + 8, load<u64>(HASH + 8) ^ load<u64>(KEYSTREAM + 24));
}

/** Writes the tag behind the last piece of text. */
export function finish(): void {
  makeTag();
  memory.copy(textEnd, HASH, 16);
}

/** 1 where the tag behind the last piece of text is right, 0 where it isn't. All 16 bytes count, and nothing branches. */
export function matches(): u32 {
  makeTag();
  const difference = (load<u64>(textEnd) ^ load<u64>(HASH)) | (load<u64>(textEnd + 8) ^ load<u64>(HASH + 8));
  return <u32>(((difference | (0 - difference)) >> 63) ^ 1);
}

/** Zeros what messages leave in memory, keystream and text; `bytes` is how much of BUFFER was in use at most. */
export function wipe(bytes: usize): void {
  memory.fill(HASH, 0, SCHEDULE - HASH);
  memory.fill(NONCE, 0, BUFFER - NONCE + bytes + BATCH_BYTES);
}
