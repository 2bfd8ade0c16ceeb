import { byteCount } from '../../base/index.js';
import { wipe } from '../random.js';
import { copyInput } from '../size.js';
import type { Kernel } from './kernel.js';

/** A key for as long as somebody holds it, whether or not it is expanded in the module right now. */
export class KeyContext {
  readonly key: Uint8Array;
  /** Where it is expanded, if it is. Belongs to the pool. */
  slot: number | undefined;
  /** Messages sealed so far. */
  sealed = 0;

  constructor(key: Uint8Array) {
    // An ArrayBuffer of its own, because the collector moves what `new Uint8Array(32)` allocates and leaves copies behind.
    this.key = new Uint8Array(new ArrayBuffer(byteCount(key)));
    copyInput(this.key, key);
  }
}

/**
 * The expanded keys inside the module, in a fixed number of slots. Any number of keys may live: past the slots, the one
 * whose turn it is loses its place and is expanded again (some microseconds) when it is next used.
 */
export class ContextPool {
  readonly #kernel: Kernel;
  readonly #owners: (KeyContext | undefined)[];
  readonly #free: number[];
  /** The slot that is taken from its owner next. */
  #turn = 0;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
    this.#owners = Array.from({ length: kernel.slots }, () => undefined);
    this.#free = Array.from(this.#owners.keys()).reverse();
  }

  /** The slot of a key, expanded into one if it has none. Good until the next call. */
  slotOf(context: KeyContext): number {
    return context.slot ?? this.#expand(context);
  }

  /** Wipes a key, expanded or not. */
  forget(context: KeyContext): void {
    wipe(context.key);
    if (context.slot !== undefined) this.#free.push(this.#vacate(context, context.slot));
  }

  #expand(context: KeyContext): number {
    const slot = this.#free.pop() ?? this.#evict();
    this.#kernel.textOf(context.key.length).set(context.key);
    this.#kernel.expandKey(slot);
    this.#owners[slot] = context;
    context.slot = slot;
    return slot;
  }

  #evict(): number {
    const slot = this.#turn;
    this.#turn = (slot + 1) % this.#owners.length;
    const owner = this.#owners[slot];
    if (owner === undefined) throw new RangeError('the kernel has no slots');
    return this.#vacate(owner, slot);
  }

  #vacate(owner: KeyContext, slot: number): number {
    this.#kernel.forgetKey(slot);
    this.#owners[slot] = undefined;
    owner.slot = undefined;
    return slot;
  }
}
