import type { Kernel } from './aes-kernel.js';
import { wipe } from './random.js';

/** A key for as long as somebody holds it, whether or not it is expanded in the module right now. */
export class KeyContext {
  readonly key: Uint8Array;
  /** Messages sealed so far. */
  sealed = 0;

  constructor(key: Uint8Array) {
    // An ArrayBuffer of its own, because the collector moves what `new Uint8Array(32)` allocates and leaves copies behind.
    this.key = new Uint8Array(new ArrayBuffer(key.length));
    this.key.set(key);
  }
}

/**
 * The expanded keys inside the module, in a fixed number of slots. Any number of keys may live: past the slots, the one
 * whose turn it is loses its place and is expanded again (some microseconds) when it is next used.
 */
export class ContextPool {
  readonly #kernel: Kernel;
  readonly #slots = new Map<KeyContext, number>();
  readonly #free: number[];

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
    this.#free = Array.from({ length: kernel.slots }, (_, slot) => kernel.slots - 1 - slot);
  }

  /** The slot of a key, expanded into one if it has none. Good until the next call. */
  slotOf(context: KeyContext): number {
    return this.#slots.get(context) ?? this.#expand(context);
  }

  /** Wipes a key, expanded or not. */
  forget(context: KeyContext): void {
    wipe(context.key);
    const slot = this.#slots.get(context);
    if (slot === undefined) return;
    this.#slots.delete(context);
    this.#kernel.forgetKey(slot);
    this.#free.push(slot);
  }

  #expand(context: KeyContext): number {
    const slot = this.#free.pop() ?? this.#evict();
    this.#kernel.memory.set(context.key, this.#kernel.text);
    this.#kernel.expandKey(slot);
    this.#slots.set(context, slot);
    return slot;
  }

  /** Takes the slot of the key that was expanded first; a Map keeps that order. */
  #evict(): number {
    const [first] = this.#slots;
    if (first === undefined) throw new RangeError('the kernel has no slots');
    this.#slots.delete(first[0]);
    return first[1];
  }
}
