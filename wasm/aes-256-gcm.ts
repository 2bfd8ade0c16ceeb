// AES-256-GCM (NIST SP 800-38D) with 96-bit nonces and 128-bit tags: what the module exports. Two builds are made of this
// file, one over u64 and one over v128. Branches and addresses depend on slots, lengths and positions only, and one branch
// on whether a tag was right, which the caller is told anyway.
//
// A message that fits is one call, `seal` or `open`. A longer one goes through BUFFER in pieces:
//   sealing:  begin, encrypt…, encrypt with `last`;
//   opening:  begin, authenticate…, authenticate with `last`; and only where that says 1: decrypt….
// The AAD comes with the pieces, too: AAD_BYTES at a time before any text, the rest with the first text. The first piece of
// text has FIRST_BYTES, then BUFFER_BYTES each, the last one fewer. `wipe` ends every message but those of `seal`.

import { expandRoundKeys, KEY_BYTES, prepare, xorBatch, xorTwoBatches } from './counter-mode';
import { expandWords } from './key-schedule';
import {
  AAD_BYTES, BATCH_BYTES, BUFFER, BUFFER_BYTES, CONTEXTS, FRESH_NONCES, FRESH_NONCES_BYTES, HASH, KEYSTREAM, NONCE,
  SCHEDULE, SCHEDULE_BYTES, SLOTS, STATE_2, ZEROS,
} from './memory';
import * as scalarGhash from './scalar/ghash';
import * as simdGhash from './simd/ghash';

export { AAD_BYTES, BUFFER, BUFFER_BYTES, FRESH_NONCES, FRESH_NONCES_BYTES, NONCE, SLOTS };

/** The keystream of a message starts 32 bytes before its text: with the counters 0 (unused) and 1 (the mask of the tag). */
const HEAD_BYTES: usize = 32;
export const FIRST_BYTES: usize = BUFFER_BYTES - HEAD_BYTES;

/** From so much text on, a key gets its first round prepared. */
const LONG_BYTES: usize = 1024;

// What a slot holds: the round keys with what `prepare` adds, then the hash key.
const HASH_KEY: usize = KEY_BYTES;
const CONTEXT_BYTES: usize = HASH_KEY + (ASC_FEATURE_SIMD ? simdGhash.HASH_KEY_BYTES : scalarGhash.HASH_KEY_BYTES);

let context: usize = 0;
let nonce: usize = 0;
/** Bytes of keystream that `begin` leaves in KEYSTREAM. */
let headBytes: usize = 0;
/** The counter behind them, then that of the next batch; 0 before KEYSTREAM was used. */
let counter: u32 = 0;
let aadBytes: u64 = 0;
let textBytes: u64 = 0;

@inline function contextOf(slot: usize): usize {
  return CONTEXTS + slot * CONTEXT_BYTES;
}

// What differs between the builds; the compiler sees one branch only.
function xorNextBatch(text: usize): void {
  if (ASC_FEATURE_SIMD) xorBatch<v128>(context, nonce, counter, text);
  else xorBatch<u64>(context, nonce, counter, text);
}

function xorNextTwoBatches(text: usize): void {
  if (ASC_FEATURE_SIMD) xorTwoBatches<v128>(context, nonce, counter, text);
  else xorTwoBatches<u64>(context, nonce, counter, text);
}

function prepareLong(): void {
  if (ASC_FEATURE_SIMD) prepare<v128>(context);
  else prepare<u64>(context);
}

function absorbBlocks(data: usize, blocks: usize): void {
  if (ASC_FEATURE_SIMD) simdGhash.absorbBlocks(context + HASH_KEY, data, blocks);
  else scalarGhash.absorbBlocks(context + HASH_KEY, data, blocks);
}

function expandHashKey(h: usize): void {
  if (ASC_FEATURE_SIMD) simdGhash.expandHashKey(h, context + HASH_KEY);
  else scalarGhash.expandHashKey(h, context + HASH_KEY);
}

/** Zeros whole blocks up to `end` or a little further. */
@inline function clear(at: usize, end: usize): void {
  for (; at < end; at += 16) {
    if (ASC_FEATURE_SIMD) {
      v128.store(at, i64x2.splat(0));
    } else {
      store<u64>(at, 0);
      store<u64>(at, 0, 8);
    }
  }
}

/** Xors the blocks at `mask` into those at `at` up to `end` or a little further. */
@inline function xorBlocks(at: usize, end: usize, mask: usize): void {
  for (; at < end; at += 16) {
    if (ASC_FEATURE_SIMD) {
      v128.store(at, v128.xor(v128.load(at), v128.load(mask)));
    } else {
      store<u64>(at, load<u64>(at) ^ load<u64>(mask));
      store<u64>(at, load<u64>(at, 8) ^ load<u64>(mask, 8), 8);
    }
    mask += 16;
  }
}

@inline function padded(bytes: usize): usize {
  return (bytes + 15) & ~15;
}

/** Expands the 32-byte key at BUFFER into a slot, and wipes every trace of it elsewhere. */
export function expandKey(slot: usize): void {
  context = contextOf(slot);
  expandWords(BUFFER);
  if (ASC_FEATURE_SIMD) expandRoundKeys<v128>(context);
  else expandRoundKeys<u64>(context);
  // H is the encryption of the zero block: nonce zero, counter zero.
  nonce = ZEROS;
  counter = 0;
  clear(BUFFER, BUFFER + BATCH_BYTES);
  xorNextBatch(BUFFER);
  expandHashKey(BUFFER);
  clear(SCHEDULE, SCHEDULE + SCHEDULE_BYTES);
  wipe(0);
}

export function forgetKey(slot: usize): void {
  memory.fill(contextOf(slot), 0, CONTEXT_BYTES);
}

/**
 * Begins a message of `text` bytes under the key in `slot`. The nonce at `nonceAt` stays there until the message ends.
 * Makes the keystream of the tag and of the text's start.
 */
export function begin(slot: usize, nonceAt: usize, text: usize): void {
  context = contextOf(slot);
  nonce = nonceAt;
  counter = 0;
  aadBytes = 0;
  textBytes = 0;
  headBytes = text > BATCH_BYTES - HEAD_BYTES ? 2 * BATCH_BYTES : BATCH_BYTES;
  clear(HASH, HASH + 16);
  clear(KEYSTREAM, KEYSTREAM + headBytes);
  if (text >= LONG_BYTES) prepareLong();
  if (headBytes == BATCH_BYTES) xorNextBatch(KEYSTREAM);
  else xorNextTwoBatches(KEYSTREAM);
}

/** Xors the next `bytes` of keystream into BUFFER; what lies behind them in the last batch is left undefined. */
function applyKeystream(bytes: usize): void {
  const end = BUFFER + bytes;
  let text = BUFFER;
  if (counter == 0) {
    text += headBytes - HEAD_BYTES;
    xorBlocks(BUFFER, min(text, end), KEYSTREAM + HEAD_BYTES);
    counter = <u32>headBytes / 16;
  }
  for (; text + BATCH_BYTES < end; text += 2 * BATCH_BYTES) {
    xorNextTwoBatches(text);
    counter += 2 * <u32>BATCH_BYTES / 16;
  }
  if (text < end) xorNextBatch(text);
}

/**
 * Absorbs `aad` bytes before BUFFER and `text` bytes in it, each filled up to whole blocks with zeros, and after the last
 * piece the lengths, all in one go. Leaves the tag in HASH then.
 */
function absorb(aad: usize, text: usize, last: bool): void {
  const start = BUFFER - padded(aad);
  let end = BUFFER + padded(text);
  aadBytes += aad;
  textBytes += text;
  for (let at = start + aad; at < BUFFER; at++) store<u8>(at, 0);
  clear(BUFFER + text, end);
  if (last) {
    store<u64>(end, bswap<u64>(aadBytes << 3));
    store<u64>(end, bswap<u64>(textBytes << 3), 8);
    end += 16;
  }
  absorbBlocks(start, (end - start) >> 4);
  if (last) xorBlocks(HASH, HASH + 16, KEYSTREAM + 16);
}

/** Encrypts and absorbs a piece. Behind the last one it writes the tag. */
export function encrypt(aad: usize, text: usize, last: bool): void {
  applyKeystream(text);
  absorb(aad, text, last);
  if (last) {
    store<u64>(BUFFER + text, load<u64>(HASH));
    store<u64>(BUFFER + text, load<u64>(HASH + 8), 8);
  }
}

/**
 * Absorbs a piece of ciphertext. 1 after the last one where the tag behind it is right, 0 where it isn't: all 16 bytes count,
 * and nothing branches.
 */
export function authenticate(aad: usize, text: usize, last: bool): u32 {
  const tag = load<u64>(BUFFER + text), tagRest = load<u64>(BUFFER + text, 8);
  absorb(aad, text, last);
  const difference = (tag ^ load<u64>(HASH)) | (tagRest ^ load<u64>(HASH + 8));
  return <u32>(((difference | (0 - difference)) >> 63) ^ 1);
}

export function decrypt(text: usize): void {
  applyKeystream(text);
}

/** Zeros what a message leaves in memory: keystream, hash and state. */
@inline function wipeState(): void {
  clear(HASH, headBytes > BATCH_BYTES ? SCHEDULE : STATE_2);
}

/**
 * Seals the `text` bytes in BUFFER with the `aad` bytes before it under the nonce at `nonceAt`: the nonce ends up in the 12
 * bytes before BUFFER, the tag behind the text. No more than FIRST_BYTES of text and AAD_BYTES of AAD.
 */
export function seal(slot: usize, nonceAt: usize, aad: usize, text: usize): void {
  begin(slot, nonceAt, text);
  encrypt(aad, text, true);
  store<u64>(BUFFER - 12, load<u64>(nonceAt));
  store<u32>(BUFFER - 4, load<u32>(nonceAt + 8));
  // Keystream behind the text.
  clear(BUFFER + text + 16, BUFFER + text + 16 + 2 * BATCH_BYTES);
  wipeState();
}

/** Opens the `text` bytes in BUFFER: 1, and they are decrypted, or 0, and nothing is. The nonce is the one at NONCE. */
export function open(slot: usize, aad: usize, text: usize): u32 {
  begin(slot, NONCE, text);
  const authentic = authenticate(aad, text, true);
  if (authentic) applyKeystream(text);
  wipeState();
  return authentic;
}

/** Zeros keystream, hash and state, and BUFFER, of which `bytes` bytes were in use at most. */
export function wipe(bytes: usize): void {
  clear(HASH, SCHEDULE);
  clear(BUFFER, BUFFER + bytes + 2 * BATCH_BYTES);
}
