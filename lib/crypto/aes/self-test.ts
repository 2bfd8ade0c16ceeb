import type { Kernel } from './kernel.js';
import { openMessage, SEAL_OVERHEAD_BYTES, sealMessage, TAG_BYTES } from './message.js';
import { NONCE_BYTES } from './nonces.js';

/** Bytes of text and of AAD: every tail of a block, every number of blocks in a batch, more than one piece of each. */
export const SELF_TEST_SIZES: readonly (readonly [text: number, aad: number])[] = [
  [16_401, 2_057],
  ...Array.from({ length: 17 }, (_, i) => [i * 17, (i * 13) % 41] as const),
];

/** The tag at the end of the chain, from `node:crypto`; a test computes it again. */
export const SELF_TEST_TAG = 'f4631bf512d7eefc3834c9b465a13496';

const SLOT = 0;

const PATTERN_BYTES = 2048;

/** Bytes that are easy to make anywhere: byte i is 167 i + i / 8 modulo 256, which repeats after 2048. */
export function selfTestBytes(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < PATTERN_BYTES; i++) bytes[i] = i * 167 + (i >> 3);
  for (let made = PATTERN_BYTES; made < length; made *= 2) bytes.copyWithin(made, 0, made);
  return bytes;
}

/**
 * The known-answer test of a kernel: a chain of messages, each under the last tag as its nonce, so that one wrong byte
 * anywhere gives another last tag. Each is opened again, too, and must be refused with a bit of its tag turned.
 */
export function passesSelfTest(kernel: Kernel): boolean {
  const bytes = selfTestBytes(Math.max(...SELF_TEST_SIZES.flat()));
  const buffer = new Uint8Array(bytes.length + SEAL_OVERHEAD_BYTES);
  const output = new Uint8Array(bytes.length);
  let tag = new Uint8Array(TAG_BYTES);
  kernel.textOf(32).set(bytes.subarray(0, 32));
  kernel.expandKey(SLOT);
  for (const [i, [textBytes, aadBytes]] of SELF_TEST_SIZES.entries()) {
    const text = bytes.subarray(0, textBytes);
    const aad = bytes.subarray(0, aadBytes);
    const sealed = buffer.subarray(0, textBytes + SEAL_OVERHEAD_BYTES);
    const opened = output.subarray(0, textBytes).fill(0);
    kernel.memory.set(tag.subarray(0, NONCE_BYTES), kernel.nonce);
    sealMessage(kernel, SLOT, kernel.nonce, text, text.length, aad, aad.length, sealed);
    tag = sealed.slice(-TAG_BYTES);
    if (!opensTo(opened, kernel, sealed, aad) || Buffer.compare(opened, text) !== 0) return false;
    const at = NONCE_BYTES + textBytes + (i % TAG_BYTES);
    sealed[at] = (sealed[at] ?? 0) ^ 1;
    if (opensTo(opened, kernel, sealed, aad)) return false;
  }
  kernel.forgetKey(SLOT);
  return Buffer.from(tag).toString('hex') === SELF_TEST_TAG;
}

function opensTo(output: Uint8Array, kernel: Kernel, sealed: Uint8Array, aad: Uint8Array): boolean {
  try {
    openMessage(kernel, SLOT, sealed, output.length, aad, aad.length, output);
    return true;
  } catch {
    return false;
  }
}
