import { basename, join } from 'node:path';
import { VigoError } from '../../base/index.js';
import { swapLink } from '../../files/index.js';
import {
  checkSecrets,
  type Examination,
  examineStacks,
  loadTree,
  type PolicyProblem,
  parseStacks,
  type ResourceGuard,
  readStacksTree,
  type SecretsCheck,
  type StacksTree,
  storeTree,
  throwIfAny,
  treeDigest,
} from '../../policy/index.js';
import type { EntryDraft, NewPublication, Publication, Published, Store } from '../../store/index.js';
import type { WakeUps } from '../agents/wake-ups.js';
import { ServerError } from '../errors.js';
import type { LivePolicy } from './live-policy.js';
import type { SecretsProvider } from './secrets-provider.js';

export interface PublishingPaths {
  readonly stacks: string;
  readonly published: string;
  readonly live: string;
}

export interface PublishingContext {
  readonly paths: PublishingPaths;
  readonly store: Store;
  /** What a config is checked against: which secrets exist and how large they are. */
  readonly secrets: Pick<SecretsProvider, 'open'>;
  readonly guard: ResourceGuard;
  readonly live: LivePolicy;
  readonly wakeUps: WakeUps;
  /** Runs work while no secret can be taken away. */
  readonly whileSecretsStay: <T>(work: () => Promise<T>) => Promise<T>;
  /** Hears of what failed without failing the publication. */
  readonly onError: (error: unknown) => void;
}

/** What an operator says about a publication. */
export interface PublicationNote {
  readonly message?: string | undefined;
  /** The git commit that holds exactly the files with this digest. */
  readonly checkout?: { readonly digest: string; readonly commit: string } | undefined;
}

/** What the operator is told about a config that is, or could be, the live one. */
export interface PublishResult {
  /** For people: 1, 2, 3. */
  readonly version: number;
  readonly policyVersion: number;
  readonly secretsEpoch: number;
  readonly digest: string;
  /** False where exactly this config is live already. */
  readonly changed: boolean;
  /** What is valid but probably a mistake. */
  readonly warnings: readonly PolicyProblem[];
  /** After a rollback: whether the stacks hold another config, which the next publication would make live. */
  readonly stacksDiffer?: boolean | undefined;
}

/**
 * Publishing: all of it or none of it. The database's commit is what makes a tree the live one; the tree is on the
 * disk before, the link `.live` follows after, and a start repairs the link.
 */
export class Publishing {
  readonly #context: PublishingContext;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(context: PublishingContext) {
    this.#context = context;
  }

  /** Checks the stacks as `publish` would and changes nothing. */
  async validate(): Promise<{ digest: string; files: number; warnings: readonly PolicyProblem[] }> {
    const tree = await readStacksTree(this.#context.paths.stacks);
    const { warnings } = await this.#check(tree);
    return { digest: await treeDigest(tree), files: tree.size, warnings };
  }

  publish(actor: string, { message, checkout }: PublicationNote = {}): Promise<PublishResult> {
    return this.#alone(async () => {
      const { paths, store } = this.#context;
      const tree = await readStacksTree(paths.stacks);
      const examined = await this.#check(tree);
      const digest = await treeDigest(tree);
      const current = await store.currentPublication();
      if (current?.digest === digest) {
        const { version, policyVersion } = current;
        const { warnings } = examined;
        return { version, policyVersion, secretsEpoch: this.#context.live.epoch, digest, changed: false, warnings };
      }
      await storeTree(paths.published, digest, tree);
      // The stacks may have changed since they were compared with the commit.
      const commit = checkout?.digest === digest ? checkout.commit : undefined;
      const publication = { digest, source: 'stacks', actor, message, commit };
      return this.#commit(examined, publication, 'config.published', commit === undefined ? {} : { commit });
    });
  }

  /** Makes an earlier publication the live one again, under a new and higher version. */
  rollback(to: number | undefined, actor: string, { message }: PublicationNote = {}): Promise<PublishResult> {
    return this.#alone(async () => {
      const target = await this.#earlier(to);
      const examined = await this.#check(await loadTree(this.#context.paths.published, target.digest));
      const { digest, version, commit } = target;
      const publication = { digest, source: `version ${version}`, actor, message, commit };
      const done = await this.#commit(examined, publication, 'config.rolled_back', { to: version });
      return { ...done, stacksDiffer: await this.#stacksDiffer(digest) };
    });
  }

  /**
   * Makes the live config live again, under a version and an epoch above those that an envoy was given.
   * @returns false where they are already
   */
  overtake(given: Published, actor: string, entry: EntryDraft): Promise<boolean> {
    return this.#inTurn(async () => {
      const { store, live, wakeUps } = this.#context;
      // Of many envoys that come with the same, the first one is enough.
      if (!live.isBehind(given)) return false;
      live.raise(await store.overtake(given, actor, entry));
      wakeUps.wakeAll();
      return true;
    });
  }

  /**
   * Loads what the database says is live, at the server's start. It was accepted once: that a secret is missing by now, or
   * that the guard has become stricter, keeps no fleet without its server.
   * @returns what is wrong with the secrets that it refers to
   */
  async restore(): Promise<readonly PolicyProblem[]> {
    const { store, paths, live } = this.#context;
    const current = await store.currentPublication();
    if (current === undefined) return [];
    const stacks = await parseStacks(await loadTree(paths.published, current.digest));
    await live.load(stacks, current.policyVersion, live.epoch);
    await this.#link(current.digest);
    return checkSecrets(stacks, await this.#secretsCheck());
  }

  async #earlier(to: number | undefined): Promise<Publication> {
    const publications = await this.#context.store.listPublications();
    const current = await this.#context.store.currentPublication();
    const target =
      to === undefined
        ? publications.find(
            ({ policyVersion, digest }) => policyVersion < (current?.policyVersion ?? 0) && digest !== current?.digest,
          )
        : publications.find(({ version }) => version === to);
    if (target === undefined) {
      throw new ServerError(
        'not_found',
        to === undefined ? 'there is no earlier config' : `there is no version ${to}`,
        {
          hint: 'vigocli config history lists what was published',
        },
      );
    }
    return target;
  }

  async #check(tree: StacksTree): Promise<Examination> {
    const examined = await examineStacks(tree, { guard: this.#context.guard, secrets: await this.#secretsCheck() });
    throwIfAny(examined.problems);
    return examined;
  }

  async #secretsCheck(): Promise<SecretsCheck> {
    const { secrets, store } = this.#context;
    return { secrets, seenVersions: await store.secretVersions() };
  }

  async #commit(
    { stacks, warnings }: Examination,
    publication: NewPublication,
    action: 'config.published' | 'config.rolled_back',
    detail: { readonly to?: number; readonly commit?: string },
  ): Promise<PublishResult> {
    const { store, live, wakeUps } = this.#context;
    const { digest, actor } = publication;
    const published = await store.publish(publication, { action, actor, subject: digest, outcome: 'done', detail });
    // From the commit on it is the live config: nothing that fails after it may keep the fleet on the one before.
    await live.load(stacks, published.policyVersion, published.secretsEpoch);
    wakeUps.wakeAll();
    await this.#link(digest);
    return { ...published, digest, changed: true, warnings };
  }

  /** Undefined where the stacks can't be read: the next publication says why. */
  async #stacksDiffer(digest: string): Promise<boolean | undefined> {
    try {
      return (await treeDigest(await readStacksTree(this.#context.paths.stacks))) !== digest;
    } catch (error) {
      if (error instanceof VigoError) return undefined;
      throw error;
    }
  }

  /** The link is for people; where it can't be set now, the next publication or start does. */
  async #link(digest: string): Promise<void> {
    const { live, published } = this.#context.paths;
    await swapLink(live, join(basename(published), digest)).catch(this.#context.onError);
  }

  /** Between the look at its secrets and the commit of a config none of them is deleted. */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    return this.#inTurn(() => this.#context.whileSecretsStay(work));
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(work);
    this.#queue = turn.catch(() => {});
    return turn;
  }
}
