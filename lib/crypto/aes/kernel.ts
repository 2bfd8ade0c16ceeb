import { type EmbeddedModule, startModule } from '../embedded-module.js';

/** The functions of the module. The order of the calls and the sizes of the pieces stand in `wasm/aes-256-gcm.ts`. */
interface KernelFunctions {
  expandKey(slot: number): void;
  forgetKey(slot: number): void;
  seal(slot: number, nonce: number, aad: number, text: number): void;
  open(slot: number, aad: number, text: number): number;
  begin(slot: number, nonce: number, text: number): void;
  encrypt(aad: number, text: number, last: boolean): void;
  authenticate(aad: number, text: number, last: boolean): number;
  decrypt(text: number): void;
  wipe(bytes: number): void;
}

interface KernelExports extends KernelFunctions {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly AAD_BYTES: { readonly value: number };
  readonly NONCE: { readonly value: number };
  readonly FRESH_NONCES: { readonly value: number };
  readonly FRESH_NONCES_BYTES: { readonly value: number };
  readonly BUFFER: { readonly value: number };
  readonly BUFFER_BYTES: { readonly value: number };
  readonly FIRST_BYTES: { readonly value: number };
  readonly SLOTS: { readonly value: number };
}

/** The module on its fixed memory: addresses as numbers, and views by the length of what they take. */
export interface Kernel extends KernelFunctions {
  readonly memory: Uint8Array;
  /** AAD goes right before the text, filled up to whole blocks; at most so many bytes at a time. */
  readonly aadBytes: number;
  readonly aadOf: View;
  /** The nonce of a message to be opened. */
  readonly nonce: number;
  /** Nonces that were never used. */
  readonly freshNonces: Uint8Array;
  /** Text: `firstBytes`, then pieces of `textBytes`. */
  readonly text: number;
  readonly firstBytes: number;
  readonly textBytes: number;
  readonly textOf: View;
  /** A sealed message, by the length of its text: nonce, text, tag. */
  readonly sealedOf: View;
  /** Keys that can be expanded at the same time. */
  readonly slots: number;
}

/**
 * A view of so many bytes of the module. What is copied through it can't be longer, also where the length of what is
 * copied changes under our hands, as it can in shared memory.
 */
type View = (length: number) => Uint8Array;

// Node's types leave WebAssembly to the DOM's; this is all that is needed of it.
declare const WebAssembly: { CompileError: new () => Error };

/**
 * Starts a build of `wasm/aes-256-gcm.ts`.
 * @returns undefined where this machine lacks the instructions that the build is made of
 * @throws CryptoError `self_test` where the bytes aren't the pinned ones
 */
export function startKernel(build: EmbeddedModule): Kernel | undefined {
  try {
    return onMemory(startModule('AES-256-GCM', build) as KernelExports);
  } catch (error) {
    // The pinned bytes are a valid module, so this means an instruction set that isn't there.
    if (error instanceof WebAssembly.CompileError) return undefined;
    throw error;
  }
}

function onMemory(exports: KernelExports): Kernel {
  const { expandKey, forgetKey, seal, open, begin, encrypt, authenticate, decrypt, wipe } = exports;
  const memory = new Uint8Array(exports.memory.buffer);
  const text = exports.BUFFER.value;
  const freshNonces = exports.FRESH_NONCES.value;
  return {
    ...{ expandKey, forgetKey, seal, open, begin, encrypt, authenticate, decrypt, wipe },
    memory,
    aadBytes: exports.AAD_BYTES.value,
    aadOf: kept((length) => {
      const start = text - Math.ceil(length / 16) * 16;
      return memory.subarray(start, start + length);
    }),
    nonce: exports.NONCE.value,
    freshNonces: memory.subarray(freshNonces, freshNonces + exports.FRESH_NONCES_BYTES.value),
    text,
    firstBytes: exports.FIRST_BYTES.value,
    textBytes: exports.BUFFER_BYTES.value,
    textOf: kept((length) => memory.subarray(text, text + length)),
    sealedOf: kept((length) => memory.subarray(text - 12, text + length + 16)),
    slots: exports.SLOTS.value,
  };
}

/** Views of longer text are made anew: beside the work on it, that takes no time. */
const KEPT_LENGTHS = 1024;

/** Keeps views, because making one takes longer than copying a short message through it. */
function kept(make: View): View {
  const views = new Array<Uint8Array | undefined>(KEPT_LENGTHS).fill(undefined);
  return (length) => {
    const view = views[length] ?? make(length);
    if (length < KEPT_LENGTHS) views[length] = view;
    return view;
  };
}
