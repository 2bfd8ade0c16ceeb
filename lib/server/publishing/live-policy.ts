import type { Clock, EnvoyId, HostName, KeyName } from '../../base/index.js';
import { type Ed25519Signer, loadSha256 } from '../../crypto/index.js';
import { Bodies, type Body, type SecretVersions, type Stacks, type WatchMarks } from '../../policy/index.js';
import type { Published } from '../../store/index.js';
import { headHash, type SignedHead, signHead } from '../../wire/index.js';

/** What one envoy is given, made once per change and then only compared. */
export interface EnvoyBundle {
  readonly policyVersion: number;
  readonly head: SignedHead;
  readonly headHash: Uint8Array;
  readonly body: Body;
}

interface Publication {
  readonly policyVersion: number;
  readonly bodies: Bodies;
}

/** The config that is live, and every envoy's bundle under it. */
export class LivePolicy {
  readonly #signer: Pick<Ed25519Signer, 'publicKey' | 'sign'>;
  readonly #marks: WatchMarks;
  readonly #clock: Clock;
  #publication: Publication | undefined;
  #epoch: number;
  /** What the database knows of the secrets; undefined before it was asked. */
  #secrets: SecretVersions | undefined;
  readonly #bundles = new Map<EnvoyId, { hostName: HostName; bundle: Promise<EnvoyBundle> }>();

  constructor(signer: Pick<Ed25519Signer, 'publicKey' | 'sign'>, marks: WatchMarks, epoch: number, clock: Clock) {
    this.#signer = signer;
    this.#marks = marks;
    this.#epoch = epoch;
    this.#clock = clock;
  }

  get epoch(): number {
    return this.#epoch;
  }

  /** 0 where no config was ever published. */
  get policyVersion(): number {
    return this.#publication?.policyVersion ?? 0;
  }

  /** Whether an envoy was given more than that. No version is, where none was ever given: it can't be given again. */
  isBehind({ policyVersion, secretsEpoch }: Published): boolean {
    const isOlder = this.#publication !== undefined && this.#publication.policyVersion < policyVersion;
    return isOlder || this.#epoch < secretsEpoch;
  }

  /** Makes a published tree the live one. */
  async load(stacks: Stacks, policyVersion: number, epoch: number): Promise<void> {
    const bodies = new Bodies(stacks, await loadSha256());
    this.#publication = { policyVersion, bodies };
    this.advanceEpoch(epoch);
  }

  /** The same config under higher numbers: every envoy gets a new head under the same body. */
  raise({ policyVersion, secretsEpoch }: Published): void {
    if (this.#publication !== undefined) this.#publication = { ...this.#publication, policyVersion };
    this.advanceEpoch(secretsEpoch);
  }

  /** Takes what the database knows of the secrets; where something changed it is followed by the epoch. */
  updateSecrets(versions: SecretVersions, changed: readonly KeyName[]): void {
    this.#secrets = versions;
    this.#marks.update(versions, changed);
  }

  /** The secrets that a host's config refers to and that don't exist, sorted: until they do, it is handed none. */
  missingSecrets(hostName: HostName): readonly KeyName[] {
    const secrets = this.#secrets;
    if (secrets === undefined || this.#publication === undefined) return [];
    return [...this.#publication.bodies.for(hostName).refs].filter((key) => !secrets.has(key)).sort();
  }

  /** Secrets changed: every envoy gets a new head under the same body. */
  advanceEpoch(epoch: number): void {
    this.#epoch = Math.max(this.#epoch, epoch);
    this.#bundles.clear();
  }

  /** Nothing where no config was ever published. */
  bundleFor(envoy: { id: EnvoyId; hostName: HostName }): Promise<EnvoyBundle> | undefined {
    const held = this.#bundles.get(envoy.id);
    if (held?.hostName === envoy.hostName) return held.bundle;
    if (this.#publication === undefined) return undefined;
    const bundle = this.#make(envoy, this.#publication, this.#epoch);
    this.#bundles.set(envoy.id, { hostName: envoy.hostName, bundle });
    return bundle;
  }

  async #make(
    envoy: { id: EnvoyId; hostName: HostName },
    { policyVersion, bodies }: Publication,
    secretsEpoch: number,
  ): Promise<EnvoyBundle> {
    // What an envoy may resolve follows from its enrolled name alone (D0).
    const body = bodies.for(envoy.hostName);
    const issuedAtMs = this.#clock.nowMs();
    const watchMarks = this.#marks.of(body.watches);
    const head = await signHead(
      { envoyId: envoy.id, policyVersion, bodyHash: body.hash, secretsEpoch, issuedAtMs, watchMarks },
      this.#signer,
    );
    return { policyVersion, head, headHash: await headHash(head), body };
  }
}
