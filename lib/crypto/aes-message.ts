import type { Kernel } from './aes-kernel.js';
import { CryptoError } from './errors.js';

export const NONCE_BYTES = 12;
export const TAG_BYTES = 16;

/** What counter blocks of 32 bits can encrypt under one nonce (SP 800-38D section 5.2.1.1). */
const MAX_TEXT_BYTES = 2 ** 36 - 32;

/**
 * Seals one message under the key in `slot`: nonce, ciphertext, tag. Whoever calls this with a nonce that the key has
 * seen gives both messages and the authentication key away, so the public interface doesn't take one.
 * @throws CryptoError `limit` for more than 2^36 − 32 bytes.
 */
export function sealMessage(
  kernel: Kernel,
  slot: number,
  nonce: Uint8Array,
  plaintext: Uint8Array,
  aad: Uint8Array,
): Uint8Array {
  const { memory, text, firstBytes } = kernel;
  if (plaintext.length > MAX_TEXT_BYTES) {
    throw new CryptoError('limit', 'AES-GCM seals at most 2^36 - 32 bytes at once');
  }
  try {
    begin(kernel, slot, nonce, aad);
    if (plaintext.length <= firstBytes) {
      memory.set(plaintext, text);
      kernel.encrypt(plaintext.length);
      kernel.finish();
      return memory.slice(kernel.nonce, text + plaintext.length + TAG_BYTES);
    }
    const sealed = new Uint8Array(NONCE_BYTES + plaintext.length + TAG_BYTES);
    sealed.set(nonce);
    let last = 0;
    for (const { start, length } of pieces(kernel, plaintext.length)) {
      memory.set(plaintext.subarray(start, start + length), text);
      kernel.encrypt(length);
      sealed.set(memory.subarray(text, text + length), NONCE_BYTES + start);
      last = length;
    }
    kernel.finish();
    sealed.set(memory.subarray(text + last, text + last + TAG_BYTES), NONCE_BYTES + plaintext.length);
    return sealed;
  } finally {
    kernel.wipe(Math.min(plaintext.length, kernel.textBytes));
  }
}

/**
 * Opens what `sealMessage` made. Every byte is authenticated before the first one is decrypted, so a refusal leaves no
 * plaintext anywhere, neither in the module nor in a result.
 * @throws CryptoError `forged`, the same for every reason.
 */
export function openMessage(kernel: Kernel, slot: number, sealed: Uint8Array, aad: Uint8Array): Uint8Array {
  const length = sealed.length - NONCE_BYTES - TAG_BYTES;
  if (length < 0) throw forged();
  const { memory, text, firstBytes } = kernel;
  // Long text is read twice: against a thread that changes it in between, shared memory is copied first.
  if (sealed.buffer instanceof SharedArrayBuffer) sealed = Uint8Array.from(sealed);
  try {
    begin(kernel, slot, sealed.subarray(0, NONCE_BYTES), aad);
    if (length <= firstBytes) {
      memory.set(sealed, kernel.nonce);
      kernel.absorbText(length);
      if (kernel.matches() !== 1) throw forged();
      kernel.decrypt(length);
      return memory.slice(text, text + length);
    }
    for (const piece of pieces(kernel, length)) {
      const start = NONCE_BYTES + piece.start;
      // With the 16 bytes behind it, which are the tag where the piece is the last.
      memory.set(sealed.subarray(start, start + piece.length + TAG_BYTES), text);
      kernel.absorbText(piece.length);
    }
    if (kernel.matches() !== 1) throw forged();
    const opened = new Uint8Array(length);
    for (const piece of pieces(kernel, length)) {
      const start = NONCE_BYTES + piece.start;
      memory.set(sealed.subarray(start, start + piece.length), text);
      kernel.decrypt(piece.length);
      opened.set(memory.subarray(text, text + piece.length), piece.start);
    }
    return opened;
  } finally {
    kernel.wipe(Math.min(length, kernel.textBytes));
  }
}

function begin(kernel: Kernel, slot: number, nonce: Uint8Array, aad: Uint8Array): void {
  kernel.memory.set(nonce, kernel.nonce);
  kernel.begin(slot);
  for (let start = 0; start < aad.length; start += kernel.aadBytes) {
    const piece = aad.length <= kernel.aadBytes ? aad : aad.subarray(start, start + kernel.aadBytes);
    kernel.memory.set(piece, kernel.aad);
    kernel.absorbAad(piece.length);
  }
}

/** How text is cut to go through the module. */
function* pieces(kernel: Kernel, length: number): Generator<{ start: number; length: number }> {
  let room = kernel.firstBytes;
  for (let start = 0; start < length; ) {
    const piece = { start, length: Math.min(room, length - start) };
    yield piece;
    start += piece.length;
    room = kernel.textBytes;
  }
}

function forged(): CryptoError {
  return new CryptoError('forged', 'this ciphertext was not sealed with this key and these associated data');
}
