/** Takes bytes off a stream by number, whatever pieces it comes in. No piece may be changed after it was given. */
export class ByteSource {
  readonly #pieces: AsyncIterator<Uint8Array>;
  #held: Uint8Array = new Uint8Array();
  #ended = false;

  constructor(stream: AsyncIterable<Uint8Array>) {
    this.#pieces = stream[Symbol.asyncIterator]();
  }

  /** So many bytes, or fewer where the stream ends before. */
  async take(length: number): Promise<Uint8Array> {
    if (this.#held.length >= length) return this.#split(length);
    const bytes = new Uint8Array(length);
    let filled = 0;
    while (filled < length && !(await this.isAtEnd())) {
      const part = this.#split(length - filled);
      bytes.set(part, filled);
      filled += part.length;
    }
    return bytes.subarray(0, filled);
  }

  async isAtEnd(): Promise<boolean> {
    while (this.#held.length === 0 && !this.#ended) {
      const next = await this.#pieces.next();
      if (next.done) this.#ended = true;
      else this.#held = next.value;
    }
    return this.#held.length === 0;
  }

  /** Lets the stream close what it reads from. */
  async close(): Promise<void> {
    this.#ended = true;
    await this.#pieces.return?.();
  }

  #split(length: number): Uint8Array {
    const taken = this.#held.subarray(0, length);
    this.#held = this.#held.subarray(taken.length);
    return taken;
  }
}
