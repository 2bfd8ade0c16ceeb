import { equalBytes, type KeyName, type Secret } from '../base/index.js';
import type { SecretRef, SecretValue } from '../wire/index.js';
import { AgentError } from './errors.js';
import { type Redaction, redactionOf } from './redaction.js';

/** The values in use. They live in memory, until the epoch moves on, and never longer than the process (D5). */
export class SecretCache {
  readonly #values = new Map<KeyName, SecretValue>();
  #epoch = 0;
  #instance: Uint8Array = new Uint8Array();
  #redaction = redactionOf([]);

  /** How every value that is here is kept out of a text, and every one that the last answer replaced. */
  get redaction(): Redaction {
    return this.#redaction;
  }

  covers(refs: ReadonlySet<KeyName>, epoch: number): boolean {
    const values = this.valuesAt(epoch);
    return [...refs].every((key) => values.has(key));
  }

  /** Empty where the epoch has moved on: then the values count for nothing but not being sent again. */
  valuesAt(epoch: number): ReadonlyMap<KeyName, Secret<Uint8Array>> {
    if (this.#epoch < epoch) return new Map();
    return new Map([...this.#values].map(([key, { value }]) => [key, value]));
  }

  /**
   * What to ask for, with the versions that needn't be sent: those that the same server process sent. Another one may
   * work on a restored vault, and give a number a second time.
   */
  ask(refs: ReadonlySet<KeyName>, instance: Uint8Array): readonly SecretRef[] {
    const isSame = equalBytes(instance, this.#instance);
    return [...refs].map((key) => ({ key, heldVersion: isSame ? this.#values.get(key)?.version : undefined }));
  }

  /**
   * Takes the answer to `ask(refs, instance)`. What is neither sent nor held already is missing; what isn't asked for any more
   * is wiped.
   * @throws AgentError `bad_answer` for a value that wasn't asked for, `unresolved` where one is missing
   */
  accept(refs: ReadonlySet<KeyName>, received: readonly SecretValue[], epoch: number, instance: Uint8Array): void {
    if (!received.every(({ key }) => refs.has(key))) {
      for (const { value } of received) value.dispose();
      throw new AgentError('bad_answer', 'the server sent a secret that nobody asked for');
    }
    // With those that go now: the run that replaces them is the one in which programs still show them.
    const values = [...this.#values.values(), ...received];
    this.#redaction = redactionOf(values.map(({ value }) => value.expose()));
    for (const value of received) {
      this.#drop(value.key);
      this.#values.set(value.key, value);
    }
    for (const key of [...this.#values.keys()]) if (!refs.has(key)) this.#drop(key);
    const missing = [...refs].filter((key) => !this.#values.has(key));
    if (missing.length > 0) throw new AgentError('unresolved', `the server sent no value of ${missing.join(', ')}`);
    this.#epoch = epoch;
    this.#instance = instance;
  }

  /** Has every value sent anew before it is used: whoever sent these may count no more. */
  expire(): void {
    this.#epoch = 0;
    this.#instance = new Uint8Array();
  }

  dispose(): void {
    for (const key of [...this.#values.keys()]) this.#drop(key);
    this.#redaction = redactionOf([]);
  }

  #drop(key: KeyName): void {
    this.#values.get(key)?.value.dispose();
    this.#values.delete(key);
  }
}
