/** How far a request may arrive behind a newer one of the same envoy. */
const WINDOW = 64;

/** `too_old` means that it can't be known any more whether the sequence was used. */
export type ReplayVerdict = 'fresh' | 'replayed' | 'too_old';

/**
 * Remembers which sequence numbers were used: the highest one, and a bit for each of the 64 that end with it
 * (RFC 4303 section 3.4.3). Sequence numbers are integers from 0 to 2^53 − 1.
 */
export class ReplayWindow {
  #highest = -1;
  /** Bit i stands for `highest − i`. */
  #used = 0n;

  /** The highest sequence that was accepted; −1 before the first. */
  get highest(): number {
    return this.#highest;
  }

  /** Uses up a sequence. Only for requests whose signature was verified: anybody else could move the window away. */
  accept(sequence: number): ReplayVerdict {
    const ahead = sequence - this.#highest;
    if (ahead > 0) {
      const kept = ahead < WINDOW ? BigInt.asUintN(WINDOW, this.#used << BigInt(ahead)) : 0n;
      this.#used = kept | 1n;
      this.#highest = sequence;
      return 'fresh';
    }
    if (ahead <= -WINDOW) return 'too_old';
    const bit = 1n << BigInt(-ahead);
    if ((this.#used & bit) !== 0n) return 'replayed';
    this.#used |= bit;
    return 'fresh';
  }
}
