import { makeAes256Gcm } from '../../lib/crypto/aes-256-gcm.js';
import type { Kernel } from '../../lib/crypto/aes-kernel.js';
import { openMessage, sealMessage } from '../../lib/crypto/aes-message.js';
import { expandKey, kernelBuilds } from './kernels.js';

/** A key, in one of the ways to use it. */
export interface GcmUse {
  /** Left out where the nonce can't be chosen. */
  seal?(nonce: Uint8Array, plaintext: Uint8Array, aad: Uint8Array): Uint8Array;
  open(sealed: Uint8Array, aad: Uint8Array): Uint8Array;
}

export interface GcmPath {
  readonly build: string;
  readonly path: string;
  readonly withKey: (key: Uint8Array) => GcmUse;
}

/** Every way to seal and open on this machine. */
export function gcmPaths(): GcmPath[] {
  return kernelBuilds().flatMap(({ build, start }) => {
    const kernel = start();
    return [
      { build, path: `${build}, one shot`, withKey: (key) => messages(kernel, key) },
      { build, path: `${build}, in small pieces`, withKey: (key) => messages(inSmallPieces(kernel, build), key) },
      { build, path: `${build}, through a key`, withKey: keys(start(), build) },
    ] satisfies GcmPath[];
  });
}

function messages(kernel: Kernel, key: Uint8Array): GcmUse {
  const slot = expandKey(kernel, key);
  return {
    seal: (nonce, plaintext, aad) => sealMessage(kernel, slot, nonce, plaintext, aad),
    open: (sealed, aad) => openMessage(kernel, slot, sealed, aad),
  };
}

/** The smallest pieces that the kernel takes, a batch each, so that short messages are streamed like long ones. */
function inSmallPieces(kernel: Kernel, build: string): Kernel {
  const batchBytes = build === 'simd' ? 128 : 64;
  return { ...kernel, firstBytes: batchBytes - 32, textBytes: batchBytes, aadBytes: 16 };
}

function keys(kernel: Kernel, build: string): GcmPath['withKey'] {
  const gcm = makeAes256Gcm(kernel, { build: build === 'simd' ? 'simd' : 'scalar', sha256: '' });
  return (secret) => {
    const key = gcm.importKey(secret);
    return { open: (sealed, aad) => key.open(sealed, aad) };
  };
}
