import { createHash } from 'node:crypto';
import { CryptoError } from './errors.js';

/** A WebAssembly module in the program's text: its bytes in base64, and the SHA-256 that they must have. */
export interface EmbeddedModule {
  readonly base64: string;
  readonly sha256: string;
}

// Node's types leave WebAssembly to the DOM's; this is all that is needed of it.
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object) => { readonly exports: unknown };
};

/**
 * Checks the bytes against their SHA-256, by `node:crypto` because it is none of what is being checked, and starts
 * them (C3).
 * @returns what the module exports
 * @throws CryptoError `self_test` where the bytes aren't the pinned ones; whatever the engine throws where it can't run them
 */
export function startModule(name: string, { base64, sha256 }: EmbeddedModule): unknown {
  const bytes = Buffer.from(base64, 'base64');
  if (createHash('sha256').update(bytes).digest('hex') !== sha256) {
    throw new CryptoError('self_test', `the module of ${name} is not the one that was built`, {
      hint: 'reinstall the program from a release whose signature you have checked',
    });
  }
  return new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports;
}
