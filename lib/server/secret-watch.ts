import type { KeyName } from '../base/index.js';
import { type TreeWatcher, watchTree } from '../files/index.js';
import type { Store } from '../store/index.js';
import { auditList } from './audit-list.js';
import { ServerError } from './errors.js';
import type { LivePolicy } from './live-policy.js';
import type { WakeUps } from './wake-ups.js';

const QUIET_MS = 100;

export interface SecretWatchContext {
  readonly secretsDir: string;
  readonly scan: () => Promise<ReadonlyMap<KeyName, number>>;
  readonly store: Store;
  readonly live: LivePolicy;
  readonly wakeUps: WakeUps;
  readonly onError: (error: unknown) => void;
}

/**
 * Notices that secrets have other versions than the database last saw, raises the epoch once per batch, and wakes the
 * fleet. What counts as a change is (name, version): touching a file is none, and a change made while the server was
 * down is found at its start.
 */
export class SecretWatch {
  readonly #context: SecretWatchContext;
  #watcher: TreeWatcher | undefined;
  /** The highest version of each secret that the database has seen. */
  #newest: ReadonlyMap<KeyName, number> = new Map();

  constructor(context: SecretWatchContext) {
    this.#context = context;
  }

  async start(): Promise<void> {
    await this.#look();
    this.#watcher = watchTree(this.#context.secretsDir, () => this.#look().catch(this.#context.onError), {
      debounceMs: QUIET_MS,
    });
    await this.#watcher.ready;
    // What changed between the first look and the first watch.
    await this.#look();
  }

  stop(): void {
    this.#watcher?.close();
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

  async #look(): Promise<void> {
    const { scan, store, live, wakeUps } = this.#context;
    const [now, before] = await Promise.all([scan(), store.secretVersions()]);
    const changes = changedVersions(before, now);
    this.#see(before, []);
    if (changes.length === 0) return;
    const epoch = await store.recordSecretVersions(changes, {
      action: 'secret.changed',
      actor: 'vigosrv',
      subject: `${changes.length} secrets`,
      outcome: 'done',
      detail: { changes: await auditList(changes.map(({ key, version }) => `${key}@${version ?? 'deleted'}`)) },
    });
    this.#see(
      await store.secretVersions(),
      changes.map(({ key }) => key),
    );
    live.advanceEpoch(epoch);
    wakeUps.wakeAll();
  }

  #see(versions: ReadonlyMap<KeyName, number>, changed: readonly KeyName[]): void {
    this.#newest = versions;
    this.#context.live.updateSecrets(versions, changed);
  }
}

/** A version of nothing means that the secret is gone. */
export function changedVersions(
  before: ReadonlyMap<KeyName, number>,
  now: ReadonlyMap<KeyName, number>,
): { key: KeyName; version: number | undefined }[] {
  const keys = new Set([...before.keys(), ...now.keys()]);
  return (
    [...keys]
      .filter((key) => before.get(key) !== now.get(key))
      // An older version is no change: it is refused wherever it is asked for.
      .filter((key) => (now.get(key) ?? Number.MAX_SAFE_INTEGER) > (before.get(key) ?? 0))
      .sort()
      .map((key) => ({ key, version: now.get(key) }))
  );
}
