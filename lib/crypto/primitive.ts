import { toHex } from '../base/index.js';
import { CryptoError } from './errors.js';

const loaded: string[] = [];

/** The primitives whose loaders have succeeded, in that order. */
export function loadedPrimitives(): readonly string[] {
  return [...loaded];
}

/**
 * Makes the loader of one primitive. Callers at the same time share one load, later ones get the same object; a load
 * that failed is tried again by the next caller.
 * @throws CryptoError (from the loader) `unsupported` where the primitive can't run here, `self_test`
 */
export function primitive<T>(name: string, load: () => Promise<T>): () => Promise<T> {
  let loading: Promise<T> | undefined;
  return () => {
    loading ??= checked(name, load).catch((error: unknown) => {
      loading = undefined;
      throw error;
    });
    return loading;
  };
}

/**
 * The self-test of a primitive at its first load: a machine or a runtime that computes wrongly is found before
 * anything is signed, sealed or believed with it (C3).
 * @throws CryptoError `self_test`, which must stop the program.
 */
export function requireKnownAnswer(name: string, answer: Uint8Array, expectedHex: string): void {
  if (toHex(answer) !== expectedHex) failSelfTest(name);
}

export function failSelfTest(name: string): never {
  throw new CryptoError('self_test', `${name} gives a wrong answer on this machine`, {
    hint: 'trust nothing it computed; compare the program with its release and try another machine',
  });
}

async function checked<T>(name: string, load: () => Promise<T>): Promise<T> {
  if (!('WebAssembly' in globalThis)) {
    throw new CryptoError('unsupported', `${name} needs WebAssembly, which this runtime doesn't have`, {
      hint: 'run node without --jitless',
    });
  }
  try {
    const made = await load();
    loaded.push(name);
    return made;
  } catch (cause) {
    if (cause instanceof CryptoError) throw cause;
    throw new CryptoError('unsupported', `${name} can't be loaded`, { cause });
  }
}
