import { readdirSync, readFileSync } from 'node:fs';

const EVERY_MS = 20;

/** Looks again and again at what every process of this machine shows to others: its arguments and its environment. */
export class ProcessWatch {
  readonly #seen = new Set<string>();
  readonly #timer = setInterval(() => this.#look(), EVERY_MS);

  /** Ends it, and gives all that was there to see. */
  end(): string[] {
    clearInterval(this.#timer);
    this.#look();
    return [...this.#seen];
  }

  #look(): void {
    for (const pid of readdirSync('/proc')) {
      if (!/^[0-9]+$/.test(pid)) continue;
      for (const file of ['cmdline', 'environ']) {
        try {
          this.#seen.add(readFileSync(`/proc/${pid}/${file}`, 'latin1'));
        } catch {
          // It has ended, or is somebody else's.
        }
      }
    }
  }
}
