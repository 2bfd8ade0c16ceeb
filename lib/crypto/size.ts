import { byteCount, copyBytes, isBytes, isGone } from '../base/index.js';
import { CryptoError } from './errors.js';

/**
 * Checks bytes that must have exactly as many as the algorithm takes.
 * @throws CryptoError `bad_size`, naming the thing and its length.
 */
export function requireSize(what: string, bytes: Uint8Array, size: number): void {
  const length = requireBytes(what, bytes);
  if (length !== size) throw new CryptoError('bad_size', `${what} has ${length} bytes instead of ${size}`);
}

/**
 * Checks an input of any length, at the border of every primitive. Strings and arrays, which the libraries would quietly
 * convert, are refused; so are objects that only look like a Uint8Array, and a view whose buffer was transferred to another
 * thread or cut off under it: it says that it is empty, and would be sealed, hashed or signed as if it were.
 * @returns how many bytes it really has. From here on the object's own `length` and methods are never asked: it may
 * override them.
 * @throws CryptoError `bad_size`
 */
export function requireBytes(what: string, bytes: Uint8Array): number {
  if (!isBytes(bytes)) throw new CryptoError('bad_size', `${what} is not a Uint8Array`);
  const length = byteCount(bytes);
  if (length === 0 && isGone(bytes)) throw new CryptoError('bad_size', `the buffer of ${what} is gone`);
  return length;
}

/** Checks an output of the caller's: room for so many bytes, or more. */
export function requireRoom(what: string, output: Uint8Array, size: number): void {
  const length = requireBytes(what, output);
  if (length < size) throw new CryptoError('bad_size', `${what} has ${length} bytes, ${size} are needed`);
}

/** Checks a length or a cost: a whole number between both bounds, inclusive. */
export function requireRange(what: string, value: number, min: number, max: number): void {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new CryptoError('bad_size', `${what} is ${String(value)}, not a whole number from ${min} to ${max}`);
  }
}

/** Checks an argument that has named parts. */
export function requireObject(what: string, value: object): void {
  if (typeof value !== 'object' || value === null) throw new CryptoError('bad_size', `${what} is missing`);
}

/**
 * Copies an input to where nobody else can change it.
 * @throws CryptoError `bad_size` where `target` has no room for it, as shared memory can that grew after it was checked.
 */
export function copyInput(target: Uint8Array, source: Uint8Array, offset = 0): void {
  try {
    copyBytes(target, source, offset);
  } catch (cause) {
    throw new CryptoError('bad_size', 'an input changed its length while it was read', { cause });
  }
}
