import { makeAes256Gcm } from '../../lib/crypto/aes-256-gcm.js';
import type { Kernel } from '../../lib/crypto/aes-kernel.js';
import { openMessage, sealMessage } from '../../lib/crypto/aes-message.js';
import { expandKey, kernelBuilds } from './kernels.js';

/** A key, in one of the ways to use it. */
export interface GcmUse {
  /** Nonce, ciphertext, tag. Where the path draws its nonces itself, another one than this. */
  seal(plaintext: Uint8Array, aad: Uint8Array, nonce: Uint8Array): Uint8Array;
  open(sealed: Uint8Array, aad: Uint8Array): Uint8Array;
}

export interface GcmPath {
  readonly build: string;
  readonly path: string;
  /** Whose memory the path works in. */
  readonly kernel: Kernel;
  readonly takesNonce: boolean;
  readonly withKey: (key: Uint8Array) => GcmUse;
}

/** Every way to seal and open on this machine, each in a module of its own. */
export function gcmPaths(): GcmPath[] {
  return kernelBuilds().flatMap(({ build, start }) => {
    const [oneShot, pieces, keys] = [start(), inSmallPieces(start(), build), start()];
    const gcm = makeAes256Gcm(keys, { build: build === 'simd' ? 'simd' : 'scalar', sha256: '' });
    return [
      {
        build,
        path: `${build}, one shot`,
        kernel: oneShot,
        takesNonce: true,
        withKey: (key) => messages(oneShot, key),
      },
      {
        build,
        path: `${build}, in small pieces`,
        kernel: pieces,
        takesNonce: true,
        withKey: (key) => messages(pieces, key),
      },
      { build, path: `${build}, through a key`, kernel: keys, takesNonce: false, withKey: (key) => gcm.importKey(key) },
    ] satisfies GcmPath[];
  });
}

function messages(kernel: Kernel, key: Uint8Array): GcmUse {
  return {
    seal: (plaintext, aad, nonce) => sealMessage(kernel, expandKey(kernel, key), nonce, plaintext, aad),
    open: (sealed, aad) => openMessage(kernel, expandKey(kernel, key), sealed, aad),
  };
}

/** The smallest pieces that the kernel takes, a batch each, so that short messages are streamed like long ones. */
function inSmallPieces(kernel: Kernel, build: string): Kernel {
  const batchBytes = build === 'simd' ? 128 : 64;
  return { ...kernel, firstBytes: batchBytes - 32, textBytes: batchBytes, aadBytes: 16 };
}
