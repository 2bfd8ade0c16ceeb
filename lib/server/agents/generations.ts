import type { Clock, EnvoyId } from '../../base/index.js';
import {
  confirmGeneration,
  type GenerationLine,
  type GenerationSeal,
  judgeGeneration,
  NO_GENERATIONS,
  nextGeneration,
} from '../../identity/index.js';
import type { Settings } from '../../settings/index.js';
import type { Fork, Store, Envoy as StoredEnvoy } from '../../store/index.js';
import { Rejection, refusalFor, type Standing } from '../../wire/index.js';
import type { RefusalLog } from '../abuse/refusal-log.js';
import type { AuthenticatedRequest } from '../rpc/authenticate.js';
import type { Fleet } from './fleet.js';
import type { WakeUps } from './wake-ups.js';

/** How long a generation stays the newest one on a connection. */
const RENEWAL_MS = 3_600_000;

export interface GenerationsContext {
  readonly seal: GenerationSeal;
  readonly settings: Pick<Settings, 'onFork'>;
  readonly fleet: Fleet;
  readonly store: Pick<Store, 'recordFork'>;
  readonly refusals: Pick<RefusalLog, 'note'>;
  readonly wakeUps: Pick<WakeUps, 'wake'>;
  readonly clock: Clock;
}

/** A verified request, as far as it matters here. */
export type Quoting = Pick<AuthenticatedRequest, 'envoy' | 'peer' | 'isLate'>;

/**
 * Notices that two machines are one envoy, or that one went back to an earlier state. Each connection is handed a
 * generation of its own, and another one every hour; the envoy stores it and quotes the one that it stored last. So of
 * two that go on from one state, the second to speak quotes what is over.
 *
 * All of it is in memory. The database learns of it now and then: what is forgotten in a crash comes back with its MAC.
 */
export class Generations {
  readonly #context: GenerationsContext;
  readonly #lines = new Map<EnvoyId, GenerationLine>();
  /** Of these envoys both states stay as they are until an operator decides, so that each can be told by its own. */
  readonly #forks = new Map<EnvoyId, Fork>();
  /** The connections that were handed a generation. */
  readonly #met = new WeakSet<object>();

  constructor(envoys: Iterable<Pick<StoredEnvoy, 'id' | 'generation' | 'fork'>>, context: GenerationsContext) {
    this.#context = context;
    for (const { id, generation, fork } of envoys) {
      this.#lines.set(id, generation);
      if (fork !== undefined) this.#forks.set(id, fork);
    }
  }

  /** @returns the generation to hand out; undefined where the present one stays. */
  async checkIn(request: Quoting, quoted: Uint8Array | undefined): Promise<Uint8Array | undefined> {
    const { envoy, peer, isLate } = request;
    // A request that was held up on its way tells of a state that was right when it was signed.
    if (isLate) return undefined;
    const line = await this.#follow(request, quoted);
    if (line === undefined) return undefined;
    const { clock, seal } = this.#context;
    const isCurrent = line.quoted === line.issued && clock.nowMs() - line.issued < RENEWAL_MS;
    if (isCurrent && this.#met.has(peer)) return undefined;
    const next = nextGeneration(line, clock.nowMs());
    this.#set(envoy.id, next);
    this.#met.add(peer);
    return seal.seal(envoy.id, next.issued);
  }

  /**
   * Secrets are for an envoy that has quoted the newest generation over this connection. Whoever copied its state can't
   * ask for one without taking a step that the other of the two will be noticed by.
   * @throws Rejection `clone`, `quarantine`, which are recorded; `stale_bundle` where a check-in has to come first
   */
  async demandUnforked(request: Quoting, quoted: Uint8Array | undefined): Promise<void> {
    const { envoy, peer, isLate } = request;
    const line = isLate ? undefined : await this.#follow(request, quoted);
    const isForked = this.#forks.has(envoy.id);
    if (this.#context.fleet.get(envoy.id)?.status === 'quarantined') throw this.#refusal(request, isForked);
    if (isForked) return;
    if (line === undefined || line.quoted !== line.issued || !this.#met.has(peer)) {
      throw new Rejection('stale_bundle', 'there is a newer generation: check in again');
    }
  }

  /** What is decided about an envoy at this moment. */
  standingOf(id: EnvoyId): Standing {
    if (this.#context.fleet.get(id)?.status !== 'quarantined') return 'active';
    return this.#forks.has(id) ? 'cloned' : 'quarantined';
  }

  /** An operator decided: whichever state the envoy comes with, it goes on from there. */
  release(id: EnvoyId): void {
    this.#forks.delete(id);
    this.#lines.set(id, NO_GENERATIONS);
  }

  /** @returns the line after what was quoted; undefined where it is forked. */
  async #follow(request: Quoting, generation: Uint8Array | undefined): Promise<GenerationLine | undefined> {
    const { id } = request.envoy;
    const line = this.#lineOf(id);
    const quoted = (generation && this.#context.seal.open(id, generation)) ?? 0;
    const fork = this.#forks.get(id);
    if (fork !== undefined) {
      if (fork.other === undefined && quoted !== 0 && quoted !== fork.quoted) await this.#confirmClone(request, fork);
      return undefined;
    }
    if (judgeGeneration(line, quoted) === 'forked') {
      await this.#fork(request, line, quoted);
      return undefined;
    }
    if (quoted === line.quoted) return line;
    const next = confirmGeneration(line, quoted);
    this.#set(id, next);
    return next;
  }

  async #fork({ envoy, peer }: Quoting, line: GenerationLine, quoted: number): Promise<void> {
    const { clock, settings, fleet, store, wakeUps } = this.#context;
    const { remoteAddress } = peer;
    const fork: Fork = { atMs: clock.nowMs(), newest: line.issued, quoted, remoteAddress };
    const quarantine = settings.onFork === 'quarantine';
    // Before the database is waited for: the next request may be one for secrets.
    this.#forks.set(envoy.id, fork);
    if (quarantine) fleet.quarantine(envoy.id);
    // The other machine, whose stream it may be, hears of it now and not at its next check-in.
    wakeUps.wake(envoy.id);
    await store.recordFork(
      envoy.id,
      fork,
      { quarantine },
      entry('envoy.forked', envoy, {
        newest: line.issued,
        quoted,
        remote_address: remoteAddress,
        quarantined: quarantine,
      }),
    );
  }

  /** Another state than the one that was noticed is here as well. */
  async #confirmClone({ envoy, peer }: Quoting, fork: Fork): Promise<void> {
    const { clock, settings, store } = this.#context;
    const { remoteAddress } = peer;
    const known: Fork = { ...fork, other: { atMs: clock.nowMs(), remoteAddress } };
    this.#forks.set(envoy.id, known);
    await store.recordFork(
      envoy.id,
      known,
      { quarantine: settings.onFork === 'quarantine' },
      entry('envoy.cloned', envoy, {
        remote_addresses: [fork.remoteAddress, remoteAddress],
      }),
    );
  }

  #refusal({ envoy, peer }: Quoting, isForked: boolean): Rejection {
    const reason = isForked ? 'clone' : 'quarantine';
    const { id: subject } = envoy;
    const { remoteAddress: address } = peer;
    this.#context.refusals.note({ action: 'request.rejected', subject, reason, method: 'ResolveSecrets', address });
    return refusalFor(isForked ? 'cloned' : 'quarantined') as Rejection;
  }

  #lineOf(id: EnvoyId): GenerationLine {
    return this.#lines.get(id) ?? NO_GENERATIONS;
  }

  #set(id: EnvoyId, line: GenerationLine): void {
    this.#lines.set(id, line);
    this.#context.fleet.holds(id, line);
  }
}

function entry(action: 'envoy.forked' | 'envoy.cloned', { id, hostName }: Quoting['envoy'], detail: object) {
  return {
    action,
    actor: 'vigosrv',
    subject: id,
    outcome: 'done',
    detail: { host_name: hostName, ...detail },
  } as const;
}
