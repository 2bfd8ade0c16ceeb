import type { Clock, EnvoyId, HostName } from '../../base/index.js';
import type { AgentInfo, Generation, Sighting, Envoy as StoredEnvoy } from '../../store/index.js';
import type { Traits } from '../../wire/index.js';

/** What the server knows about an envoy while it runs. */
export interface Envoy {
  readonly id: EnvoyId;
  readonly hostName: HostName;
  readonly publicKey: Uint8Array;
  readonly status: 'active' | 'quarantined' | 'revoked';
  /** Undefined before its first check-in. */
  readonly agent?: AgentInfo | undefined;
}

/** What is to be written down about an envoy. */
interface Seen {
  lastSeenAtMs: number;
  traits?: Traits;
  agent?: AgentInfo;
  checkInIntervalMs?: number;
  generation?: Generation;
}

/**
 * The envoys, in memory: so that checking a request neither waits for nor writes to the database. Changes come in
 * right after they were committed.
 */
export class Fleet {
  readonly #envoys = new Map<EnvoyId, Envoy>();
  readonly #sightings = new Map<EnvoyId, Seen>();
  readonly #clock: Clock;

  constructor(envoys: Iterable<Envoy>, clock: Clock) {
    for (const envoy of envoys) this.#envoys.set(envoy.id, envoy);
    this.#clock = clock;
  }

  get(id: EnvoyId): Envoy | undefined {
    return this.#envoys.get(id);
  }

  /** Whether it may speak to the server, if only to be told that it gets no secrets. */
  isMember(id: EnvoyId): boolean {
    const { status } = this.get(id) ?? {};
    return status === 'active' || status === 'quarantined';
  }

  /** One that enrolls once more keeps its status: its token doesn't end what an operator, or a fork, began. */
  enrolled(envoy: Omit<Envoy, 'status' | 'agent'>): void {
    const { status = 'active', agent } = this.get(envoy.id) ?? {};
    this.#envoys.set(envoy.id, { ...envoy, status, agent });
  }

  rename(id: EnvoyId, hostName: HostName): void {
    this.#change(id, { hostName });
  }

  revoke(id: EnvoyId): void {
    this.#change(id, { status: 'revoked' });
  }

  /** A revoked one stays revoked. */
  quarantine(id: EnvoyId): void {
    if (this.get(id)?.status === 'active') this.#change(id, { status: 'quarantined' });
  }

  release(id: EnvoyId): void {
    if (this.get(id)?.status === 'quarantined') this.#change(id, { status: 'active' });
  }

  /** Remembers that an envoy was here, and when it was told to come back; written down later, many at once. */
  saw(id: EnvoyId, { traits, agent }: { traits: Traits; agent: AgentInfo }, checkInIntervalMs: number): void {
    const known = this.get(id)?.agent;
    if (known === undefined || !isSameAgent(known, agent)) this.#change(id, { agent });
    const seen = this.#seen(id);
    seen.traits = traits;
    seen.agent = agent;
    seen.checkInIntervalMs = checkInIntervalMs;
  }

  /** Remembers which generations an envoy was handed and quoted, in the same way. */
  holds(id: EnvoyId, generation: Generation): void {
    this.#seen(id).generation = generation;
  }

  /** Hands over the sightings since the last call. */
  takeSightings(): Sighting[] {
    const sightings = [...this.#sightings].map(([id, seen]) => sighting(id, seen));
    this.#sightings.clear();
    return sightings;
  }

  /** Adds to an envoy as the database knows it what isn't written down yet. */
  upToDate(envoy: StoredEnvoy): StoredEnvoy {
    const seen = this.#sightings.get(envoy.id);
    if (seen === undefined) return envoy;
    const {
      lastSeenAtMs,
      traits = envoy.traits,
      agent = envoy.agent,
      checkInIntervalMs = envoy.checkInIntervalMs,
    } = sighting(envoy.id, seen);
    return { ...envoy, lastSeenAtMs, traits, agent, checkInIntervalMs };
  }

  /** Changed in place: every request comes by here. */
  #seen(id: EnvoyId): Seen {
    const lastSeenAtMs = this.#clock.nowMs();
    const seen = this.#sightings.get(id);
    if (seen !== undefined) {
      seen.lastSeenAtMs = lastSeenAtMs;
      return seen;
    }
    const first: Seen = { lastSeenAtMs };
    this.#sightings.set(id, first);
    return first;
  }

  #change(id: EnvoyId, change: Partial<Envoy>): void {
    const envoy = this.#envoys.get(id);
    if (envoy !== undefined) this.#envoys.set(id, { ...envoy, ...change });
  }
}

function isSameAgent(a: AgentInfo, b: AgentInfo): boolean {
  return a.version === b.version && a.protocol === b.protocol && a.resourceTypes.join() === b.resourceTypes.join();
}

function sighting(id: EnvoyId, { traits, ...seen }: Seen): Sighting {
  return { id, ...seen, ...(traits && { traits: Object.fromEntries(traits) }) };
}
