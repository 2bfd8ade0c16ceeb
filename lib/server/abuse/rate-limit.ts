import { networkOf } from './network.js';

export interface RateLimitOptions {
  /** How many attempts one network may make at once. */
  readonly burst: number;
  /** How long it takes to earn one more. */
  readonly refillMs: number;
  /** How many networks are remembered; beyond it the one that was quiet for longest is forgotten. */
  readonly maxNetworks: number;
}

/** A token bucket per network: an address, or the /64 of an IPv6 one. */
export class RateLimit {
  readonly #options: RateLimitOptions;
  /** When each bucket will be full again, which says all about it. The one that was quiet for longest comes first. */
  readonly #fullAtMs = new Map<string, number>();

  constructor(options: RateLimitOptions) {
    this.#options = options;
  }

  /**
   * Takes one attempt.
   * @returns 0 where it may be made, or how long to wait for it
   */
  take(address: string, nowMs: number): number {
    const { burst, refillMs } = this.#options;
    const network = networkOf(address);
    const fullAtMs = this.#look(network, nowMs);
    const waitMs = Math.max(0, fullAtMs + refillMs - (nowMs + burst * refillMs));
    this.#remember(network, waitMs === 0 ? fullAtMs + refillMs : fullAtMs);
    return waitMs;
  }

  /** Gives an attempt back that turned out to be a rightful one. */
  giveBack(address: string, nowMs: number): void {
    const network = networkOf(address);
    this.#remember(network, this.#look(network, nowMs) - this.#options.refillMs);
  }

  #look(network: string, nowMs: number): number {
    const { burst, refillMs } = this.#options;
    const fullAtMs = Math.max(nowMs, this.#fullAtMs.get(network) ?? nowMs);
    // No bucket is emptier than empty, not after the clock was set back either.
    return Math.min(fullAtMs, nowMs + burst * refillMs);
  }

  #remember(network: string, fullAtMs: number): void {
    this.#fullAtMs.delete(network);
    this.#fullAtMs.set(network, fullAtMs);
    const [quietest] = this.#fullAtMs.keys();
    if (this.#fullAtMs.size > this.#options.maxNetworks && quietest !== undefined) this.#fullAtMs.delete(quietest);
  }
}
