import { CryptoError } from './errors.js';

/**
 * The border check of every primitive: bytes, and exactly as many as the algorithm takes.
 * @throws CryptoError `bad_size`, naming the thing and its length.
 */
export function requireSize(what: string, bytes: Uint8Array, size: number): void {
  requireBytes(what, bytes);
  if (bytes.length !== size) throw new CryptoError('bad_size', `${what} has ${bytes.length} bytes instead of ${size}`);
}

/**
 * For inputs of any length: strings and arrays, which the libraries would quietly convert, are refused. So is a view
 * whose buffer was transferred to another thread or cut off under it: it says that it is empty, and would be sealed,
 * hashed or signed as if it were.
 */
export function requireBytes(what: string, bytes: Uint8Array): void {
  if (!(bytes instanceof Uint8Array)) throw new CryptoError('bad_size', `${what} is not a Uint8Array`);
  if (bytes.length === 0 && !hasBuffer(bytes)) throw new CryptoError('bad_size', `the buffer of ${what} is gone`);
}

/** Reading is what JavaScript refuses on such a view (ECMAScript, ValidateTypedArray); `at` reads without a range error. */
function hasBuffer(bytes: Uint8Array): boolean {
  try {
    bytes.at(0);
    return true;
  } catch {
    return false;
  }
}

/** For outputs of the caller's: room for so many bytes, or more. */
export function requireRoom(what: string, output: Uint8Array, size: number): void {
  requireBytes(what, output);
  if (output.length < size) throw new CryptoError('bad_size', `${what} has ${output.length} bytes, ${size} are needed`);
}

/** For lengths and costs: a whole number between both bounds, inclusive. */
export function requireRange(what: string, value: number, min: number, max: number): void {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new CryptoError('bad_size', `${what} is ${value}, not a whole number from ${min} to ${max}`);
  }
}
