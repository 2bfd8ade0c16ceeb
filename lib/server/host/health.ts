import type { SteadyClock } from '../../base/index.js';
import { type Store, StoreError } from '../../store/index.js';

/** How long a failure counts when nothing was written since. */
const MEMORY_MS = 5 * 60_000;
/** Operations whose success proves that the database can be written. */
const PROOFS: readonly string[] = ['appendAudit', 'saveRun', 'publish', 'createToken', 'recordSecretVersions'];

/** Knows whether the server can write its database, from what it tried last: without that it hands out no secret. */
export class Health {
  readonly #clock: SteadyClock;
  #failedAtMs: number | undefined;

  constructor(clock: SteadyClock) {
    this.#clock = clock;
  }

  get isFailing(): boolean {
    return this.#failedAtMs !== undefined && Math.abs(this.#clock.monotonicMs() - this.#failedAtMs) < MEMORY_MS;
  }

  /** Returns the same store, whose operations are watched. */
  watch(store: Store): Store {
    const watched = Object.entries(store).map(([name, operation]) => [
      name,
      async (...args: readonly unknown[]) => {
        try {
          const result = await (operation as (...args: readonly unknown[]) => Promise<unknown>)(...args);
          if (PROOFS.includes(name)) this.#failedAtMs = undefined;
          return result;
        } catch (error) {
          if (isFailure(error)) this.#failedAtMs = this.#clock.monotonicMs();
          throw error;
        }
      },
    ]);
    return Object.fromEntries(watched) as Store;
  }
}

/** The database itself fails, and not what it was asked for. */
function isFailure(error: unknown): boolean {
  if (!(error instanceof StoreError)) return false;
  return ['exhausted', 'unavailable', 'corrupt'].includes(error.kind) || error.code === 'not_recorded';
}
