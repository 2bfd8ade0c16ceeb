import { createHash } from 'node:crypto';
import { CryptoError } from './errors.js';

/** A build of `wasm/aes-256-gcm.ts`: its bytes in base64, and the SHA-256 that they must have. */
export interface KernelBytes {
  readonly base64: string;
  readonly sha256: string;
}

/** What the module exports. The order of the calls and the sizes of the pieces stand in `wasm/aes-256-gcm.ts`. */
interface KernelExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly AAD: { readonly value: number };
  readonly AAD_BYTES: { readonly value: number };
  readonly NONCE: { readonly value: number };
  readonly BUFFER: { readonly value: number };
  readonly BUFFER_BYTES: { readonly value: number };
  readonly FIRST_BYTES: { readonly value: number };
  readonly SLOTS: { readonly value: number };
  expandKey(slot: number): void;
  forgetKey(slot: number): void;
  begin(slot: number): void;
  absorbAad(bytes: number): void;
  absorbText(bytes: number): void;
  encrypt(bytes: number): void;
  decrypt(bytes: number): void;
  finish(): void;
  matches(): number;
  wipe(bytes: number): void;
}

/** The module on its fixed memory: addresses as numbers, and one view of all of it. */
export interface Kernel
  extends Pick<
    KernelExports,
    | 'expandKey'
    | 'forgetKey'
    | 'begin'
    | 'absorbAad'
    | 'absorbText'
    | 'encrypt'
    | 'decrypt'
    | 'finish'
    | 'matches'
    | 'wipe'
  > {
  readonly memory: Uint8Array;
  /** Where AAD goes, in pieces of `aadBytes`. */
  readonly aad: number;
  readonly aadBytes: number;
  /** Where the nonce goes: the 12 bytes before `text`. */
  readonly nonce: number;
  /** Where text goes: `firstBytes`, then pieces of `textBytes`. The tag stands behind the last one. */
  readonly text: number;
  readonly firstBytes: number;
  readonly textBytes: number;
  /** Keys that can be expanded at the same time. */
  readonly slots: number;
}

// Node's types leave WebAssembly to the DOM's; this is all that is needed of it.
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object) => { readonly exports: unknown };
  CompileError: new () => Error;
};

/**
 * Checks the bytes against their SHA-256, by `node:crypto` because it is none of what is being checked, and starts them.
 * @returns undefined where this machine lacks the instructions that the build is made of
 * @throws CryptoError `self_test` where the bytes aren't the pinned ones
 */
export function startKernel({ base64, sha256 }: KernelBytes): Kernel | undefined {
  const bytes = Buffer.from(base64, 'base64');
  if (createHash('sha256').update(bytes).digest('hex') !== sha256) {
    throw new CryptoError('self_test', 'the AES-256-GCM kernel is not the one that was built', {
      hint: 'reinstall the program from a release whose signature you have checked',
    });
  }
  try {
    return onMemory(new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as KernelExports);
  } catch (error) {
    // The pinned bytes are a valid module, so this means an instruction set that isn't there.
    if (error instanceof WebAssembly.CompileError) return undefined;
    throw error;
  }
}

function onMemory(exports: KernelExports): Kernel {
  const { memory, AAD, AAD_BYTES, NONCE, BUFFER, BUFFER_BYTES, FIRST_BYTES, SLOTS, ...functions } = exports;
  return {
    ...functions,
    memory: new Uint8Array(memory.buffer),
    aad: AAD.value,
    aadBytes: AAD_BYTES.value,
    nonce: NONCE.value,
    text: BUFFER.value,
    firstBytes: FIRST_BYTES.value,
    textBytes: BUFFER_BYTES.value,
    slots: SLOTS.value,
  };
}
