import { networkOf } from './network.js';

export interface RateLimitOptions {
  /** How many attempts one network may make at once. */
  readonly burst: number;
  /** How long it takes to earn one more. */
  readonly refillMs: number;
  /** How many networks are remembered; beyond it the one that was quiet for longest is forgotten. */
  readonly maxNetworks: number;
}

interface Bucket {
  /** Attempts left, parts of one included. */
  tokens: number;
  atMs: number;
}

/** A token bucket per network: an address, or the /64 of an IPv6 one. */
export class RateLimit {
  readonly #options: RateLimitOptions;
  /** The one that was quiet for longest comes first. */
  readonly #buckets = new Map<string, Bucket>();

  constructor(options: RateLimitOptions) {
    this.#options = options;
  }

  /**
   * Takes one attempt.
   * @returns 0 where it may be made, or how long to wait for it
   */
  take(address: string, nowMs: number): number {
    const { refillMs } = this.#options;
    const bucket = this.#bucketOf(address, nowMs);
    if (bucket.tokens < 1) return Math.ceil((1 - bucket.tokens) * refillMs);
    bucket.tokens--;
    return 0;
  }

  /** Gives an attempt back that turned out to be a rightful one. */
  giveBack(address: string, nowMs: number): void {
    const bucket = this.#bucketOf(address, nowMs);
    bucket.tokens = Math.min(bucket.tokens + 1, this.#options.burst);
  }

  #bucketOf(address: string, nowMs: number): Bucket {
    const { burst, refillMs, maxNetworks } = this.#options;
    const network = networkOf(address);
    const { tokens, atMs } = this.#buckets.get(network) ?? { tokens: burst, atMs: nowMs };
    // A clock that was set back earns nothing and costs nothing.
    const earned = Math.max(0, nowMs - atMs) / refillMs;
    const bucket = { tokens: Math.min(tokens + earned, burst), atMs: nowMs };
    this.#buckets.delete(network);
    this.#buckets.set(network, bucket);
    const [quietest] = this.#buckets.keys();
    if (this.#buckets.size > maxNetworks && quietest !== undefined) this.#buckets.delete(quietest);
    return bucket;
  }
}
