import type { EnvoyId } from '../../base/index.js';

/** One open wake-up stream. */
export interface WakeUpStream {
  send(): void;
  end(): void;
}

/** A hundred a second, which is what one core takes of full handshakes. */
const TURN_MS = 10;

/** The open wake-up streams, one per envoy: a newer one ends the older. */
export class WakeUps {
  readonly #streams = new Map<EnvoyId, WakeUpStream>();
  #turns: NodeJS.Timeout | undefined;

  add(id: EnvoyId, stream: WakeUpStream): void {
    this.#streams.get(id)?.end();
    this.#streams.set(id, stream);
  }

  remove(id: EnvoyId, stream: WakeUpStream): void {
    if (this.#streams.get(id) === stream) this.#streams.delete(id);
  }

  wake(id: EnvoyId): void {
    this.#streams.get(id)?.send();
  }

  wakeAll(): void {
    for (const stream of this.#streams.values()) stream.send();
  }

  /** Wakes one after the other, for what each of them opens new connections for: a fleet that did so at once would storm. */
  wakeInTurn(): void {
    clearInterval(this.#turns);
    const ids = [...this.#streams.keys()];
    this.#turns = setInterval(() => {
      const id = ids.pop();
      if (id === undefined) clearInterval(this.#turns);
      else this.wake(id);
    }, TURN_MS);
  }

  /** Ends the stream of one envoy: it was revoked. */
  end(id: EnvoyId): void {
    this.#streams.get(id)?.end();
    this.#streams.delete(id);
  }

  endAll(): void {
    clearInterval(this.#turns);
    for (const id of [...this.#streams.keys()]) this.end(id);
  }
}
