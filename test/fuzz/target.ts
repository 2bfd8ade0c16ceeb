import { readFileSync } from 'node:fs';

/** One thing that reads bytes of strangers. */
export interface Target {
  readonly name: string;
  /** Valid ones, from which the mutants are made. */
  readonly seeds: readonly Uint8Array[];
  /**
   * Reads it.
   * @returns what the result encodes back to, where there is one encoding only
   */
  readonly read: (bytes: Buffer) => Uint8Array | undefined | Promise<Uint8Array | undefined>;
  /** The errors that it may throw, as `Class code`. */
  readonly errors: readonly string[];
}

export const MALFORMED = ['WireError malformed'];

/** The frozen part of the corpus: what was valid once, what is made to be nasty, and everything that was ever found. */
export function corpusOf(name: string): Buffer[] {
  return readFileSync(new URL(`corpus/${name}.hex`, import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => Buffer.from(line, 'hex'));
}

/** Reads as a body of HTTP is read: what isn't JSON is refused before it gets anywhere. */
export function throughJson(read: (json: unknown) => unknown): Target['read'] {
  return (bytes) => {
    let json: unknown;
    try {
      json = JSON.parse(bytes.toString('utf8'));
    } catch {
      return undefined;
    }
    read(json);
    return undefined;
  };
}

export function jsonBytes(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}
