import { type KeyName, VigoError } from '../../base/index.js';
import type { Store } from '../../store/index.js';
import { auditList } from '../abuse/audit-list.js';
import type { WakeUps } from '../agents/wake-ups.js';
import { ServerError } from '../errors.js';
import type { LivePolicy } from './live-policy.js';
import type { SecretsProvider, SecretsSubscription } from './secrets-provider.js';

/** How many secrets are opened at once, to see whether their new version is one. */
const PROOFS_AT_ONCE = 32;

export interface SecretWatchContext {
  readonly secrets: Pick<SecretsProvider, 'open' | 'versions' | 'watch'>;
  readonly store: Pick<Store, 'secretVersions' | 'recordSecretVersions'>;
  readonly live: Pick<LivePolicy, 'updateSecrets' | 'advanceEpoch'>;
  readonly wakeUps: Pick<WakeUps, 'wakeAll'>;
  readonly onError: (error: unknown) => void;
}

/** A version of nothing means that the secret is gone. */
interface Change {
  readonly key: KeyName;
  readonly version: number | undefined;
}

/**
 * Notices that secrets have other versions than the database last saw, raises the epoch once per batch, and wakes the
 * fleet. What counts as a change is (name, version): touching a file is none, and a change made while the server was
 * down is found at its start.
 */
export class SecretWatch {
  readonly #context: SecretWatchContext;
  #subscription: SecretsSubscription | undefined;
  /** The highest version of each secret that the database has seen: only this process writes it. */
  #newest = new Map<KeyName, number>();
  /** New versions that don't open, as `key@version`: said once, and no change until they do. */
  readonly #doubtful = new Set<string>();
  #turn: Promise<void> = Promise.resolve();

  constructor(context: SecretWatchContext) {
    this.#context = context;
  }

  async start(): Promise<void> {
    const { secrets, store, live } = this.#context;
    this.#newest = await store.secretVersions();
    live.updateSecrets(this.#newest, []);
    this.#subscription = secrets.watch((keys) => this.#notice(keys));
    await this.#subscription.ready;
    await this.#look(undefined);
  }

  /** Resolves when nothing is under way any more. */
  async stop(): Promise<void> {
    this.#subscription?.stop();
    await this.#turn;
  }

  /**
   * Against an older file that somebody put back, with all that the vault keeps beside it.
   * @throws ServerError `stepped_back`
   */
  demandNewest(key: KeyName, version: number): void {
    const newest = this.#newest.get(key) ?? 0;
    if (version >= newest) return;
    throw new ServerError('stepped_back', `${key} has version ${version}, but there was a version ${newest}`, {
      hint: `an older file was put back: store the value that you want with vigocli secrets set raw ${key}`,
    });
  }

  /** Rejects where it fails, so that the subscription makes up for it. */
  async #notice(keys: ReadonlySet<KeyName> | undefined): Promise<void> {
    try {
      await this.#look(keys);
    } catch (error) {
      this.#context.onError(error);
      throw error;
    }
  }

  /** One after the other, so that no change is found twice. */
  #look(keys: ReadonlySet<KeyName> | undefined): Promise<void> {
    const look = this.#turn.then(() => this.#lookNow(keys));
    this.#turn = look.catch(() => {});
    return look;
  }

  async #lookNow(keys: ReadonlySet<KeyName> | undefined): Promise<void> {
    const { secrets, store, live, wakeUps } = this.#context;
    const changes = await this.#prove(changedVersions(this.#newest, await secrets.versions(keys), keys));
    if (changes.length === 0) return;
    const epoch = await store.recordSecretVersions(changes, {
      action: 'secret.changed',
      actor: 'vigosrv',
      subject: changes.length === 1 ? '1 secret' : `${changes.length} secrets`,
      outcome: 'done',
      detail: { changes: await auditList(changes.map(({ key, version }) => `${key}@${version ?? 'deleted'}`)) },
    });
    for (const { key, version } of changes) {
      if (version === undefined) this.#newest.delete(key);
      else this.#newest.set(key, version);
    }
    live.updateSecrets(
      this.#newest,
      changes.map(({ key }) => key),
    );
    live.advanceEpoch(epoch);
    wakeUps.wakeAll();
  }

  /**
   * Leaves out new versions that don't open. Whoever writes in place may be half done; and a number that nobody vouches for
   * would be the highest one for ever.
   */
  async #prove(changes: readonly Change[]): Promise<Change[]> {
    const proven: Change[] = [];
    for (let i = 0; i < changes.length; i += PROOFS_AT_ONCE) {
      const some = await Promise.all(changes.slice(i, i + PROOFS_AT_ONCE).map((change) => this.#proven(change)));
      proven.push(...some.filter((change) => change !== undefined));
    }
    return proven;
  }

  async #proven(change: Change): Promise<Change | undefined> {
    const { key, version } = change;
    if (version === undefined) return change;
    try {
      const opened = await this.#context.secrets.open(key);
      opened.value.dispose();
      this.#doubtful.delete(`${key}@${version}`);
      // Replaced meanwhile: then it is heard of once more.
      return opened.version === version ? change : undefined;
    } catch (error) {
      if (!(error instanceof VigoError)) throw error;
      if (!this.#doubtful.has(`${key}@${version}`)) this.#context.onError(error);
      this.#doubtful.add(`${key}@${version}`);
      return undefined;
    }
  }
}

/**
 * What is newer or gone, by name. An older version is no change: it is refused wherever it is asked for.
 * @param now the versions that there are, undefined for one that can't be told
 * @param asked the only keys of which `now` says something; undefined: all
 */
export function changedVersions(
  before: ReadonlyMap<KeyName, number>,
  now: ReadonlyMap<KeyName, number | undefined>,
  asked?: ReadonlySet<KeyName>,
): Change[] {
  const changes: Change[] = [];
  for (const [key, version] of now) {
    if (version !== undefined && version > (before.get(key) ?? 0)) changes.push({ key, version });
  }
  for (const key of asked ?? before.keys()) {
    if (before.has(key) && !now.has(key)) changes.push({ key, version: undefined });
  }
  return changes.sort((a, b) => (a.key < b.key ? -1 : 1));
}
