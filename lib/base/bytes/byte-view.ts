import { isUint8Array } from 'node:util/types';

/*
 * What bytes from outside really are. `instanceof` and the properties of an object answer what the object wants: an own
 * `length`, a subclass with another `subarray`, a Proxy, an array of another realm (vm, Jest). These read the internal
 * slots, through the functions that the language had when this file was loaded.
 */

const typedArray = Object.getPrototypeOf(Uint8Array.prototype) as Uint8Array;

/** Makes a function that takes `this` as its first argument, out of reach of a changed `call` or `apply`. */
const withThis = Function.prototype.bind.bind(Function.prototype.call) as <A extends unknown[], R>(
  method: (...args: A) => R,
) => (self: unknown, ...args: A) => R;

function getter<T>(prototype: object, name: string): (self: unknown) => T {
  return withThis(Object.getOwnPropertyDescriptor(prototype, name)?.get as () => T);
}

const bufferOf = getter<ArrayBufferLike>(typedArray, 'buffer');
const offsetOf = getter<number>(typedArray, 'byteOffset');
const bufferBytes = getter<number>(ArrayBuffer.prototype, 'byteLength');
const at = withThis(typedArray.at);

/** Whether this is a Uint8Array of any realm. Buffers and subclasses are; proxies and what only inherits from one aren't. */
export const isBytes: (value: unknown) => value is Uint8Array = isUint8Array;

/** How many bytes a typed array has; 0 where its buffer is gone. */
export const byteCount: (bytes: Uint8Array) => number = getter<number>(typedArray, 'length');

/**
 * Copies all of `source` into `target`, from its offset on.
 * @throws RangeError where it has no room; TypeError where the buffer of either is gone
 */
export const copyBytes: (target: Uint8Array, source: Uint8Array, offset?: number) => void = withThis(typedArray.set);

/** Overwrites all bytes. @throws TypeError where its buffer is gone. */
export const fillBytes: (bytes: Uint8Array, value: number) => void = withThis(typedArray.fill);

/** Whether the buffer was transferred away, or cut off under this view: it then says that it is empty. */
export function isGone(bytes: Uint8Array): boolean {
  try {
    // Reading is what the language refuses here (ECMAScript, ValidateTypedArray); past the end `at` gives undefined.
    at(bytes, 0);
    return false;
  } catch {
    return true;
  }
}

/** A plain view of the first bytes, of a length that stays the same where the original's follows its buffer. */
export function plainView(bytes: Uint8Array, length: number = byteCount(bytes)): Uint8Array {
  return new Uint8Array(bufferOf(bytes), offsetOf(bytes), length);
}

/** The same bytes with the methods of a Buffer. */
export function bufferView(bytes: Uint8Array): Buffer {
  return Buffer.from(bufferOf(bytes) as ArrayBuffer, offsetOf(bytes), byteCount(bytes));
}

/** Whether other threads can write to it. */
export function isShared(bytes: Uint8Array): boolean {
  try {
    // Refused for whatever isn't an ArrayBuffer, and the only other buffer is a SharedArrayBuffer.
    bufferBytes(bufferOf(bytes));
    return false;
  } catch {
    return true;
  }
}

/** Whether two views may have a byte in common. Several buffers can be the same shared memory. */
export function mayOverlap(a: Uint8Array, b: Uint8Array): boolean {
  if (isShared(a) && isShared(b)) return true;
  const [aStart, bStart] = [offsetOf(a), offsetOf(b)];
  return bufferOf(a) === bufferOf(b) && aStart < bStart + byteCount(b) && bStart < aStart + byteCount(a);
}
