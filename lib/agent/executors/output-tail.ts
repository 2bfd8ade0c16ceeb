import type { Redaction } from '../held/redaction.js';

const TAIL_CHARS = 2048;
const MAX_UTF8_BYTES = 4;

/**
 * Keeps the end of what a command prints, in bounded memory, and gives it redacted. A value that the cut went
 * through wouldn't be found any more, so more is kept than shown and what the cut may have left of one is dropped.
 */
export class OutputTail {
  readonly #redaction: Redaction;
  readonly #maxBytes: number;
  readonly #chunks: Uint8Array[] = [];
  #bytes = 0;
  #seenBytes = 0;
  #cut = false;

  constructor(redaction: Redaction) {
    this.#redaction = redaction;
    this.#maxBytes = TAIL_CHARS * MAX_UTF8_BYTES + 3 * redaction.longestSpelling;
  }

  /** How much was printed, in bytes: what isn't kept any more too. */
  get seenBytes(): number {
    return this.#seenBytes;
  }

  push(chunk: Uint8Array): void {
    this.#seenBytes += chunk.length;
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    for (let first = this.#chunks[0]; first && this.#bytes - first.length >= this.#maxBytes; first = this.#chunks[0]) {
      this.#chunks.shift();
      this.#bytes -= first.length;
      this.#cut = true;
    }
  }

  /** At most 2,048 characters, without white space around. Empty where there are values that can't be redacted. */
  text(): string {
    const { redact, longestSpelling, knowsAll, mayMissReplaced } = this.#redaction;
    if (!knowsAll || mayMissReplaced) return '';
    const text = redact(Buffer.concat(this.#chunks).toString('utf8'));
    // Twice, because the mark that stands for a value may be twice as long as the value.
    return text
      .slice(this.#cut ? 2 * longestSpelling : 0)
      .trim()
      .slice(-TAIL_CHARS);
  }
}
