import type { Clock } from '../../base/index.js';
import { openHead, type PolicyHead, type SignedHead, signingKeyId, WireError } from '../../wire/index.js';
import type { LivePolicy } from '../publishing/live-policy.js';
import type { Publishing } from '../publishing/publish.js';
import type { ServerTrust } from '../trust/server-trust.js';
import type { Envoy } from './fleet.js';

/** Numbers are the time where they aren't less; a clock that was ahead for a while makes them no more than this. */
const REACH_MS = 365 * 86_400_000;

export interface RestoredDatabaseContext {
  readonly trust: Pick<ServerTrust, 'publicKey'>;
  readonly live: Pick<LivePolicy, 'policyVersion' | 'epoch' | 'isBehind'>;
  readonly publishing: Pick<Publishing, 'overtake'>;
  readonly clock: Clock;
  readonly actor: string;
  readonly onNotice: (notice: RestoreNotice) => void;
}

/** What an envoy was given, and what the database knew of it. */
export interface RestoreNotice {
  readonly given_policy_version: number;
  readonly given_secrets_epoch: number;
  readonly known_policy_version: number;
  readonly known_secrets_epoch: number;
}

/**
 * Notices that an earlier database was put back. Envoys refuse what is older than what they accepted, so that nobody
 * brings it back to them; but each holds its last head under the policy key's own signature, and that proves, to whoever
 * has the key, what was forgotten. Nobody can make a server believe more than it signed, and not twice.
 */
export class RestoredDatabase {
  readonly #context: RestoredDatabaseContext;

  constructor(context: RestoredDatabaseContext) {
    this.#context = context;
  }

  /** Catches up with a head that an envoy holds. One that isn't signed by the present key proves nothing. */
  async learnFrom(envoy: Envoy, newerHead: SignedHead): Promise<void> {
    const { live, publishing, actor, onNotice } = this.#context;
    const given = await this.#open(envoy, newerHead);
    if (given === undefined || this.#isOutOfReach(given) || !live.isBehind(given)) return;
    const { policyVersion, epoch } = live;
    const notice: RestoreNotice = {
      given_policy_version: given.policyVersion,
      given_secrets_epoch: given.secretsEpoch,
      known_policy_version: policyVersion,
      known_secrets_epoch: epoch,
    };
    const isNews = await publishing.overtake(given, actor, {
      action: 'database.restored',
      actor,
      subject: envoy.id,
      outcome: 'done',
      detail: { host_name: envoy.hostName, ...notice },
    });
    if (isNews) onNotice(notice);
  }

  /** Against a policy key that was stolen: it would lead the server to the end of its counters, and no successor out of there. */
  #isOutOfReach({ policyVersion, secretsEpoch }: PolicyHead): boolean {
    return Math.max(policyVersion, secretsEpoch) > this.#context.clock.nowMs() + REACH_MS;
  }

  async #open({ id }: Envoy, newerHead: SignedHead) {
    const { publicKey } = this.#context.trust;
    try {
      return await openHead(newerHead, { publicKey, keyId: await signingKeyId(publicKey) }, id);
    } catch (error) {
      if (error instanceof WireError && error.code === 'forged') return undefined;
      throw error;
    }
  }
}
