import { copyBytes, fillBytes, isShared, mayOverlap, plainView } from '../../base/index.js';
import { CryptoError } from '../errors.js';
import { copyInput } from '../size.js';
import type { Kernel } from './kernel.js';
import { NONCE_BYTES } from './nonces.js';

export const TAG_BYTES = 16;

/** What a sealed message has more than its text. */
export const SEAL_OVERHEAD_BYTES: number = NONCE_BYTES + TAG_BYTES;

/** What counter blocks of 32 bits can encrypt under one nonce (SP 800-38D section 5.2.1.1). */
const MAX_TEXT_BYTES = 2 ** 36 - 32;

/**
 * Seals one message under the key in `slot` into `output`: nonce, ciphertext, tag. Whoever calls this with a nonce that the
 * key has seen gives both messages and the authentication key away, so the public interface doesn't take one.
 * The lengths are what the caller measured; nothing here asks the objects again.
 * @param nonce its address in the module
 * @param output room for SEAL_OVERHEAD_BYTES more than the plaintext, which the caller has checked
 * @returns how many bytes it wrote
 * @throws CryptoError `limit` for more than 2^36 − 32 bytes.
 */
export function sealMessage(
  kernel: Kernel,
  slot: number,
  nonce: number,
  plaintext: Uint8Array,
  length: number,
  aad: Uint8Array,
  aadLength: number,
  output: Uint8Array,
): number {
  if (length > kernel.firstBytes || aadLength > kernel.aadBytes) {
    if (length > MAX_TEXT_BYTES) throw new CryptoError('limit', 'AES-GCM seals at most 2^36 - 32 bytes at once');
    sealInPieces(kernel, slot, nonce, plainView(plaintext, length), plainView(aad, aadLength), output);
  } else {
    // One call. What stays in the module is what is given out: nonce, ciphertext, tag.
    copyInput(kernel.textOf(length), plaintext);
    if (aadLength > 0) copyInput(kernel.aadOf(aadLength), aad);
    kernel.seal(slot, nonce, aadLength, length);
    copyBytes(output, kernel.sealedOf(length));
  }
  return length + SEAL_OVERHEAD_BYTES;
}

/**
 * Opens what `sealMessage` made, into `output`. Every byte is authenticated before the first one is decrypted, so a refusal
 * leaves no plaintext anywhere, and `output` as it was.
 * @param length of the text: SEAL_OVERHEAD_BYTES fewer than `sealed`, and so negative for what is too short
 * @param output room for the text, which the caller has checked
 * @returns how many bytes it wrote
 * @throws CryptoError `forged`, the same for every reason.
 */
export function openMessage(
  kernel: Kernel,
  slot: number,
  sealed: Uint8Array,
  length: number,
  aad: Uint8Array,
  aadLength: number,
  output: Uint8Array,
): number {
  if (length < 0) throw forged();
  if (length > kernel.firstBytes || aadLength > kernel.aadBytes) {
    const message = plainView(sealed, length + SEAL_OVERHEAD_BYTES);
    openInPieces(kernel, slot, message, plainView(aad, aadLength), output);
  } else {
    const { memory, nonce, text } = kernel;
    copyInput(kernel.sealedOf(length), sealed);
    // The AAD takes the place that the nonce came in. Copied from the module's own copy, which nobody else can change.
    for (let i = 0; i < NONCE_BYTES; i++) memory[nonce + i] = memory[text - NONCE_BYTES + i] as number;
    if (aadLength > 0) copyInput(kernel.aadOf(aadLength), aad);
    const authentic = kernel.open(slot, aadLength, length) === 1;
    if (authentic) copyBytes(output, kernel.textOf(length));
    kernel.wipe(length);
    if (!authentic) throw forged();
  }
  return length;
}

/** The inputs are plain views of a length that stays; the output is still the caller's object. */
function sealInPieces(
  kernel: Kernel,
  slot: number,
  nonce: number,
  plaintext: Uint8Array,
  aad: Uint8Array,
  output: Uint8Array,
): void {
  const { length } = plaintext;
  const copied = mayOverlap(plaintext, output);
  const source = copied ? apart(plaintext) : plaintext;
  try {
    begin(kernel, slot, nonce, length);
    let aadLeft = absorbAad(kernel, aad);
    copyBytes(output, kernel.memory.subarray(nonce, nonce + NONCE_BYTES));
    for (const { start, size, last } of pieces(kernel, length)) {
      kernel.textOf(size).set(source.subarray(start, start + size));
      kernel.encrypt(aadLeft, size, last);
      copyBytes(output, kernel.textOf(last ? size + TAG_BYTES : size), NONCE_BYTES + start);
      aadLeft = 0;
    }
  } finally {
    kernel.wipe(kernel.textBytes);
    if (copied) fillBytes(source, 0);
  }
}

function openInPieces(kernel: Kernel, slot: number, sealed: Uint8Array, aad: Uint8Array, output: Uint8Array): void {
  const length = sealed.length - SEAL_OVERHEAD_BYTES;
  // It is read twice: nobody may change it in between, and what is written may not be what is still to be read.
  const source = isShared(sealed) || mayOverlap(sealed, output) ? apart(sealed) : sealed;
  try {
    kernel.memory.set(source.subarray(0, NONCE_BYTES), kernel.nonce);
    begin(kernel, slot, kernel.nonce, length);
    let aadLeft = absorbAad(kernel, aad);
    let authentic = 0;
    for (const { start, size, last } of pieces(kernel, length)) {
      const end = NONCE_BYTES + start + size + (last ? TAG_BYTES : 0);
      kernel.textOf(last ? size + TAG_BYTES : size).set(source.subarray(NONCE_BYTES + start, end));
      authentic = kernel.authenticate(aadLeft, size, last);
      aadLeft = 0;
    }
    if (authentic !== 1) throw forged();
    for (const { start, size } of pieces(kernel, length)) {
      kernel.textOf(size).set(source.subarray(NONCE_BYTES + start, NONCE_BYTES + start + size));
      kernel.decrypt(size);
      copyBytes(output, kernel.textOf(size), start);
    }
  } finally {
    kernel.wipe(kernel.textBytes);
  }
}

function begin(kernel: Kernel, slot: number, nonce: number, length: number): void {
  // The module's numbers have 32 bits; all that it asks of this one is whether the message is long.
  kernel.begin(slot, nonce, Math.min(length, kernel.textBytes));
}

/** All AAD but the last piece; how long that is, which lies there for the first piece of text. */
function absorbAad(kernel: Kernel, aad: Uint8Array): number {
  const { length } = aad;
  let start = 0;
  for (; length - start > kernel.aadBytes; start += kernel.aadBytes) {
    kernel.aadOf(kernel.aadBytes).set(aad.subarray(start, start + kernel.aadBytes));
    kernel.authenticate(kernel.aadBytes, 0, false);
  }
  kernel.aadOf(length - start).set(aad.subarray(start, length));
  return length - start;
}

/** How text is cut to go through the module: at least one piece, the last one marked. */
function* pieces(kernel: Kernel, length: number): Generator<{ start: number; size: number; last: boolean }> {
  let size = Math.min(kernel.firstBytes, length);
  for (let start = 0, last = false; !last; start += size) {
    if (start > 0) size = Math.min(kernel.textBytes, length - start);
    last = start + size === length;
    yield { start, size, last };
  }
}

/** A copy in memory of its own. */
function apart(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(bytes.length);
  copy.set(bytes);
  return copy;
}

function forged(): CryptoError {
  return new CryptoError('forged', 'this ciphertext was not sealed with this key and these associated data');
}
