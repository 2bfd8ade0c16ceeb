import { dirname } from 'node:path';
import { equalBytes } from '../../base/index.js';
import { type TreeWatcher, watchTree } from '../../files/index.js';
import type { Store } from '../../store/index.js';
import type { WakeUps } from '../agents/wake-ups.js';
import type { LivePolicy } from '../publishing/live-policy.js';
import type { ServerTrust } from './server-trust.js';

const QUIET_MS = 200;

export interface TrustWatchOptions {
  readonly trust: ServerTrust;
  /** Where the chain lies. */
  readonly path: string;
  readonly store: Pick<Store, 'bumpEpoch'>;
  readonly live: Pick<LivePolicy, 'advanceEpoch'>;
  readonly wakeUps: Pick<WakeUps, 'wakeInTurn'>;
  /** In whose name it is recorded. */
  readonly actor: string;
  readonly onError: (error: unknown) => void;
}

/**
 * The chain of trust as it is now. Where it leads further, the fleet is told to come and follow; where that is to
 * another policy key, every head is signed anew.
 */
export class TrustWatch {
  readonly #options: TrustWatchOptions;
  #watcher: TreeWatcher | undefined;

  constructor(options: TrustWatchOptions) {
    this.#options = options;
  }

  /** @throws what is wrong with a chain that changed since it was opened */
  async start(): Promise<void> {
    this.#watcher = watchTree(dirname(this.#options.path), () => this.look(), { quietMs: QUIET_MS });
    await this.#watcher.ready;
    // What changed between the start and the first watch.
    await this.#look();
  }

  stop(): void {
    this.#watcher?.close();
  }

  /** Never rejects. */
  look(): Promise<void> {
    return this.#look().catch(this.#options.onError);
  }

  async #look(): Promise<void> {
    const { trust, path: subject, store, live, wakeUps, actor } = this.#options;
    const { publicKey } = trust;
    if (!(await trust.reload())) return;
    const { number } = trust.position;
    if (!equalBytes(publicKey, trust.publicKey)) {
      const entry = { action: 'pki.keys_loaded', actor, subject, outcome: 'done', detail: { number } } as const;
      live.advanceEpoch(await store.bumpEpoch(entry));
    }
    wakeUps.wakeInTurn();
  }
}
