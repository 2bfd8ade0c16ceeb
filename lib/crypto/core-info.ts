import { type KernelInfo, loadedKernel } from './aes/aes-256-gcm.js';
import { loadedPrimitives } from './primitive.js';

/** What computes here. */
export interface CoreInfo {
  /** The primitives that have been loaded and have passed their self-tests, in that order. */
  readonly loaded: readonly string[];
  /** Which build of Vigo's own kernel was chosen, and why it isn't the fast one where it isn't; undefined before it is loaded. */
  readonly kernel: KernelInfo | undefined;
  /** The libraries behind the other primitives, whose WebAssembly was tested with these versions. */
  readonly libraries: Readonly<Record<'libsodium-wrappers-sumo' | 'hash-wasm', string>>;
}

/** Tells what the core runs on. Loads nothing. */
export function coreInfo(): CoreInfo {
  return {
    loaded: loadedPrimitives(),
    kernel: loadedKernel(),
    libraries: { 'libsodium-wrappers-sumo': '0.8.4', 'hash-wasm': '4.13.0' },
  };
}
