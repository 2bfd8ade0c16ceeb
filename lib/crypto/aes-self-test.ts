import { fromHex } from '../base/index.js';
import type { Kernel } from './aes-kernel.js';
import { NONCE_BYTES, openMessage, sealMessage, TAG_BYTES } from './aes-message.js';
import { CryptoError } from './errors.js';

/** Bytes of text and of AAD: every tail of a block, every number of blocks in a batch, more than one piece of each. */
export const SELF_TEST_SIZES: readonly (readonly [text: number, aad: number])[] = [
  ...Array.from({ length: 17 }, (_, i) => [i * 17, (i * 13) % 41] as const),
  [16_373, 2_057],
];

/** The tag at the end of the chain, from `node:crypto`; a test computes it again. */
export const SELF_TEST_TAG = 'a77d091ab4d92a702e8f1c5e1bb06385';

const SLOT = 0;

/** Bytes that repeat late and are easy to make anywhere: 0, 167, 78, … modulo 256, each run of 256 turned by one. */
export function selfTestBytes(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => i * 167 + (i >> 8));
}

/**
 * The known-answer test of a kernel: a chain of messages, each under the last tag as its nonce, so that one wrong byte
 * anywhere gives another last tag. Each is opened again, too, and refused with a bit of its tag turned.
 * @throws CryptoError `self_test`
 */
export function testAes256Gcm(kernel: Kernel): void {
  const bytes = selfTestBytes(Math.max(...SELF_TEST_SIZES.flat()));
  kernel.memory.set(bytes.subarray(0, 32), kernel.text);
  kernel.expandKey(SLOT);
  let tag = new Uint8Array(TAG_BYTES);
  for (const [textBytes, aadBytes] of SELF_TEST_SIZES) {
    const text = bytes.subarray(0, textBytes);
    const aad = bytes.subarray(0, aadBytes);
    const sealed = sealMessage(kernel, SLOT, tag.subarray(0, NONCE_BYTES), text, aad);
    tag = sealed.slice(-TAG_BYTES);
    if (!opens(kernel, sealed, aad, text)) throw failed();
    sealed[sealed.length - 1] = (tag[TAG_BYTES - 1] ?? 0) ^ 1;
    if (opens(kernel, sealed, aad, text)) throw failed();
  }
  kernel.forgetKey(SLOT);
  if (Buffer.compare(tag, fromHex(SELF_TEST_TAG)) !== 0) throw failed();
}

/** Whether it is accepted. @throws CryptoError `self_test` where it is, but as another text. */
function opens(kernel: Kernel, sealed: Uint8Array, aad: Uint8Array, text: Uint8Array): boolean {
  try {
    if (Buffer.compare(openMessage(kernel, SLOT, sealed, aad), text) === 0) return true;
  } catch {
    return false;
  }
  throw failed();
}

function failed(): CryptoError {
  return new CryptoError('self_test', 'the AES-256-GCM kernel gives wrong results on this machine', {
    hint: 'report the CPU and the version of node',
  });
}
