import { createCipheriv } from 'node:crypto';
import { type Kernel, startKernel } from '../../lib/crypto/aes/kernel.js';
import { openMessage, SEAL_OVERHEAD_BYTES, sealMessage } from '../../lib/crypto/aes/message.js';
import * as scalar from '../../lib/gen/wasm/aes-256-gcm-scalar.js';
import * as simd from '../../lib/gen/wasm/aes-256-gcm-simd.js';

/** Every build of the kernel that this machine can run, to be started afresh. */
export function kernelBuilds(): { build: string; start: () => Kernel }[] {
  return Object.entries({ scalar, simd })
    .filter(([, bytes]) => startKernel(bytes) !== undefined)
    .map(([build, bytes]) => ({ build, start: () => startKernel(bytes) as Kernel }));
}

/** Puts a key into a slot, and gives the slot. */
export function expandKey(kernel: Kernel, key: Uint8Array, slot = 0): number {
  kernel.memory.set(key, kernel.text);
  kernel.expandKey(slot);
  return slot;
}

/** Seals under a nonce of the caller's: nonce, ciphertext, tag. */
export function sealAs(
  kernel: Kernel,
  slot: number,
  nonce: Uint8Array,
  plaintext: Uint8Array,
  aad: Uint8Array,
): Uint8Array {
  const output = new Uint8Array(plaintext.length + SEAL_OVERHEAD_BYTES);
  kernel.memory.set(nonce, kernel.nonce);
  sealMessage(kernel, slot, kernel.nonce, plaintext, plaintext.length, aad, aad.length, output);
  return output;
}

/** Opens to a buffer of its own. */
export function openAs(kernel: Kernel, slot: number, sealed: Uint8Array, aad: Uint8Array): Uint8Array {
  const output = new Uint8Array(Math.max(sealed.length - SEAL_OVERHEAD_BYTES, 0));
  openMessage(kernel, slot, sealed, sealed.length - SEAL_OVERHEAD_BYTES, aad, aad.length, output);
  return output;
}

/** A copy of all that the module holds, but for what is public: AAD, nonces, and the message that was sealed last. */
export function secretsIn(kernel: Kernel, sealed?: Uint8Array): Buffer {
  const copy = Buffer.from(kernel.memory);
  const last = kernel.sealedOf(sealed ? sealed.length - SEAL_OVERHEAD_BYTES : 0);
  if (sealed && Buffer.compare(last, sealed) === 0) {
    copy.fill(0, last.byteOffset, last.byteOffset + last.length);
  }
  return copy.fill(0, kernel.nonce, kernel.text);
}

/** What `seal` must give: nonce, ciphertext, tag. */
export function sealByNode(key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array, aad: Uint8Array): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(aad);
  return Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

/** `bytes` with one bit of byte `at` turned. */
export function withBitTurned(bytes: Uint8Array, at: number): Uint8Array {
  const turned = Uint8Array.from(bytes);
  turned[at] = (turned[at] ?? 0) ^ (1 << (at % 8));
  return turned;
}
