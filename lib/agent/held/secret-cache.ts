import { equalBytes, type KeyName, type Secret } from '../../base/index.js';
import type { SecretRef, SecretValue } from '../../wire/index.js';
import { AgentError } from '../errors.js';
import { type Redaction, redactionOf } from './redaction.js';

/** How much of the values that were replaced is kept; the oldest go first. */
const MAX_REPLACED_BYTES = 4 * 1024 * 1024;

/** The values in use. They live in memory, until the epoch moves on, and never longer than the process (D5). */
export class SecretCache {
  readonly #values = new Map<KeyName, SecretValue>();
  /** Values that files and programs of this machine may still show, the oldest first. */
  #replaced: Secret<Uint8Array>[] = [];
  #epoch = 0;
  #instance: Uint8Array = new Uint8Array();
  /** Made when it is first needed: with large values that takes a while. */
  #redaction: Redaction | undefined;

  /** How every value that is here is kept out of a text, and every one that was replaced until `forgetReplaced`. */
  get redaction(): Redaction {
    const values = () => [...[...this.#values.values()].map(({ value }) => value), ...this.#replaced];
    this.#redaction ??= redactionOf(values().map((value) => value.expose()));
    return this.#redaction;
  }

  /** As `redaction`, for what the commands of a policy print: all of it is withheld unless every value is here. */
  redactionFor(refs: ReadonlySet<KeyName>, epoch: number): Redaction {
    return { ...this.redaction, knowsAll: this.covers(refs, epoch) };
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
   * Takes the answer to `ask(refs, instance)`. What is neither sent nor held already is missing. What is replaced, or
   * isn't asked for any more, is only redacted from then on.
   * @throws AgentError `bad_answer` for a value that wasn't asked for, `unresolved` where one is missing
   */
  accept(refs: ReadonlySet<KeyName>, received: readonly SecretValue[], epoch: number, instance: Uint8Array): void {
    if (!received.every(({ key }) => refs.has(key))) {
      for (const { value } of received) value.dispose();
      throw new AgentError('bad_answer', 'the server sent a secret that nobody asked for');
    }
    for (const value of received) {
      this.#replace(value.key);
      this.#values.set(value.key, value);
    }
    const dropped = [...this.#values.keys()].filter((key) => !refs.has(key));
    for (const key of dropped) this.#replace(key);
    if (received.length > 0 || dropped.length > 0) this.#redaction = undefined;
    this.#limitReplaced();
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

  /** Wipes the values that were replaced. Call it when a run has replaced them on the machine and its report arrived. */
  forgetReplaced(): void {
    if (this.#replaced.length === 0) return;
    for (const value of this.#replaced.splice(0)) value.dispose();
    this.#redaction = undefined;
  }

  dispose(): void {
    for (const { value } of this.#values.values()) value.dispose();
    for (const value of this.#replaced.splice(0)) value.dispose();
    this.#values.clear();
    this.#redaction = undefined;
  }

  #replace(key: KeyName): void {
    const value = this.#values.get(key)?.value;
    if (value !== undefined) this.#replaced.push(value);
    this.#values.delete(key);
  }

  #limitReplaced(): void {
    let bytes = this.#replaced.reduce((sum, value) => sum + value.expose().length, 0);
    while (bytes > MAX_REPLACED_BYTES) {
      const oldest = this.#replaced.shift();
      bytes -= oldest?.expose().length ?? bytes;
      oldest?.dispose();
    }
  }
}
