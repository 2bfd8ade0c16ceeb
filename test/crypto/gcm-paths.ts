import { type Aes256GcmKey, makeAes256Gcm } from '../../lib/crypto/aes/aes-256-gcm.js';
import type { Kernel } from '../../lib/crypto/aes/kernel.js';
import { expandKey, kernelBuilds, openAs, sealAs } from './kernels.js';

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
  return kernelBuilds().flatMap(({ build, start }) => [
    ...[start(), inSmallPieces(start(), build)].map((kernel, i) => ({
      build,
      path: `${build}, ${i === 0 ? 'one shot' : 'in small pieces'}`,
      kernel,
      takesNonce: true,
      withKey: (key: Uint8Array) => messages(kernel, key),
    })),
    ...Object.entries({ 'through a key': returning, 'into a buffer': into, 'in place': inPlace }).map(([path, use]) => {
      const kernel = start();
      const gcm = makeAes256Gcm(kernel, { build: build === 'simd' ? 'simd' : 'scalar', sha256: '' });
      const withKey = (key: Uint8Array) => use(gcm.importKey(key));
      return { build, path: `${build}, ${path}`, kernel, takesNonce: false, withKey };
    }),
  ]);
}

function messages(kernel: Kernel, key: Uint8Array): GcmUse {
  const expand = () => {
    kernel.forgetKey(0);
    return expandKey(kernel, key, 0);
  };
  return {
    seal: (plaintext, aad, nonce) => sealAs(kernel, expand(), nonce, plaintext, aad),
    open: (sealed, aad) => openAs(kernel, expand(), sealed, aad),
  };
}

function returning(key: Aes256GcmKey): GcmUse {
  return { seal: (plaintext, aad) => key.seal(plaintext, aad), open: (sealed, aad) => key.open(sealed, aad) };
}

/** What stands in a buffer before it is written to, and must still stand where it wasn't. */
const UNTOUCHED = 0xa5;

/** A buffer that begins and ends with bytes that aren't to be touched. */
function into(key: Aes256GcmKey): GcmUse {
  const written = (bytes: number, write: (output: Uint8Array) => number) => {
    const buffer = new Uint8Array(3 + Math.max(bytes, 0) + 5).fill(UNTOUCHED);
    const requireUntouched = (length: number) => {
      const rest = Buffer.concat([buffer.subarray(0, 3), buffer.subarray(3 + length)]);
      if (!rest.equals(Buffer.alloc(rest.length, UNTOUCHED))) throw new Error('written where it should not be');
    };
    try {
      const length = write(buffer.subarray(3));
      requireUntouched(length);
      return buffer.slice(3, 3 + length);
    } catch (error) {
      requireUntouched(0);
      throw error;
    }
  };
  return {
    seal: (plaintext, aad) => written(plaintext.length + 28, (output) => key.sealInto(plaintext, aad, output)),
    open: (sealed, aad) => written(sealed.length - 28, (output) => key.openInto(sealed, aad, output)),
  };
}

/** Input and output are parts of one buffer, one bytewise shifted against the other. */
function inPlace(key: Aes256GcmKey): GcmUse {
  return {
    seal(plaintext, aad) {
      const buffer = new Uint8Array(plaintext.length + 60);
      const input = buffer.subarray(plaintext.length % 33, (plaintext.length % 33) + plaintext.length);
      const output = buffer.subarray(16);
      input.set(plaintext);
      return output.slice(0, key.sealInto(input, aad, output));
    },
    open(sealed, aad) {
      const buffer = new Uint8Array(sealed.length + 60);
      const input = buffer.subarray(sealed.length % 33, (sealed.length % 33) + sealed.length);
      const output = buffer.subarray(16);
      input.set(sealed);
      const before = buffer.slice();
      try {
        return output.slice(0, key.openInto(input, aad, output));
      } catch (error) {
        if (Buffer.compare(buffer, before) !== 0) throw new Error('a refusal has written something');
        throw error;
      }
    },
  };
}

/** The smallest pieces that the kernel takes, two batches each, so that short messages are streamed like long ones. */
function inSmallPieces(kernel: Kernel, build: string): Kernel {
  const batchBytes = build === 'simd' ? 128 : 64;
  return { ...kernel, firstBytes: 2 * batchBytes - 32, textBytes: 2 * batchBytes, aadBytes: 16 };
}
