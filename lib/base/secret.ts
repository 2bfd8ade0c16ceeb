import { inspect } from 'node:util';
import { fillBytes, isBytes } from './bytes/byte-view.js';

/**
 * Holds a secret so that no log, template, JSON or debugger line prints it by mistake. Taking the value out is a word
 * that a reader can search for: `expose`.
 */
export class Secret<T> {
  #value: T | undefined;

  constructor(value: T) {
    this.#value = value;
  }

  /** @throws TypeError once the secret was disposed of. */
  expose(): T {
    if (this.#value === undefined) throw new TypeError('this secret was wiped');
    return this.#value;
  }

  /** Overwrites the bytes, where the value is bytes, and lets go of it. */
  dispose(): void {
    if (isBytes(this.#value)) fillBytes(this.#value, 0);
    this.#value = undefined;
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }

  [inspect.custom](): string {
    return '[secret]';
  }
}
