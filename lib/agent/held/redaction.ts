import { makeRedactor, type Redactor } from '../../base/index.js';

/** JSON of a text in UTF-16 takes twelve characters for one that it escapes; no usual spelling of a byte is longer. */
const MAX_SPELLING_FACTOR = 12;

/** How the values in use are kept out of every text that leaves the run. */
export interface Redaction {
  readonly redact: Redactor;
  /** The most characters that one value takes in a text. */
  readonly longestSpelling: number;
  /** False while a value of the policy isn't here: then no redactor can find it, and commands' output isn't shown. */
  readonly knowsAll: boolean;
  /** True while the machine may show a value that was replaced before this process began: no redactor can find it either. */
  readonly mayMissReplaced?: boolean;
}

export function redactionOf(values: readonly Uint8Array[]): Redaction {
  const longest = values.reduce((length, value) => Math.max(length, value.length), 0);
  return { redact: makeRedactor(values), longestSpelling: MAX_SPELLING_FACTOR * longest, knowsAll: true };
}
