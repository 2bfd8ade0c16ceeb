import { createCipheriv } from 'node:crypto';
import { type Kernel, startKernel } from '../../lib/crypto/aes-kernel.js';
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

/** A copy of all that the module holds, but for the AAD, which is no secret. */
export function secretsIn(kernel: Kernel): Buffer {
  const copy = Buffer.from(kernel.memory);
  copy.fill(0, kernel.aad, kernel.aad + kernel.aadBytes);
  return copy;
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
