import type { EnvoyId } from '../base/index.js';

/** One open wake-up stream. */
export interface WakeUpStream {
  send(): void;
  end(): void;
}

/** The open wake-up streams, one per envoy: a newer one ends the older. */
export class WakeUps {
  readonly #streams = new Map<EnvoyId, WakeUpStream>();

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

  /** Ends the stream of one envoy: it was revoked. */
  end(id: EnvoyId): void {
    this.#streams.get(id)?.end();
    this.#streams.delete(id);
  }

  endAll(): void {
    for (const id of [...this.#streams.keys()]) this.end(id);
  }
}
