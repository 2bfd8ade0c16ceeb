import type { EnvoyId, SteadyClock } from '../../base/index.js';
import type { Settings } from '../../settings/index.js';
import { Rejection } from '../../wire/index.js';
import { RateLimit } from '../abuse/rate-limit.js';

const HOUR_MS = 3_600_000;
const MAX_ENVOYS = 100_000;
/** Twice what an agent keeps while its server is away, and one each 10 s, which is the shortest interval. */
const REPORTS = { burst: 200, refillMs: 10_000, maxNetworks: MAX_ENVOYS };

const DOWNGRADES = { burst: 5, refillMs: HOUR_MS, maxNetworks: MAX_ENVOYS };

/** Against an envoy that fills the disk, or keeps the database from the others: what it asks for here is written down. */
export class EnvoyLimits {
  readonly #settings: Pick<Settings, 'resolvesPerHour'>;
  readonly #clock: SteadyClock;
  #resolvesPerHour = 0;
  #resolves = new RateLimit({ burst: 0, refillMs: 0, maxNetworks: 0 });
  readonly #reports = new RateLimit(REPORTS);
  readonly #downgrades = new RateLimit(DOWNGRADES);

  /** @param settings as they are now; so many resolves at once as well. Each is an entry of the audit log. */
  constructor(settings: Pick<Settings, 'resolvesPerHour'>, clock: SteadyClock) {
    this.#settings = settings;
    this.#clock = clock;
  }

  /** @throws Rejection `busy` */
  demandResolve(id: EnvoyId): void {
    this.#followSettings();
    this.#demand(this.#resolves, id, 'asks for secrets');
  }

  /** @throws Rejection `busy` */
  demandReport(id: EnvoyId): void {
    this.#demand(this.#reports, id, 'reports');
  }

  /** Whether one more downgrade of this envoy is recorded: five at once, and one more each hour. */
  allowsDowngradeEntry(id: EnvoyId): boolean {
    return this.#downgrades.take(id, this.#clock.monotonicMs()) === 0;
  }

  #followSettings(): void {
    const { resolvesPerHour } = this.#settings;
    if (resolvesPerHour === this.#resolvesPerHour) return;
    this.#resolvesPerHour = resolvesPerHour;
    const refillMs = HOUR_MS / resolvesPerHour;
    this.#resolves = new RateLimit({ burst: resolvesPerHour, refillMs, maxNetworks: MAX_ENVOYS });
  }

  #demand(limit: RateLimit, id: EnvoyId, what: string): void {
    if (limit.take(id, this.#clock.monotonicMs()) > 0) throw new Rejection('busy', `this envoy ${what} too often`);
  }
}
