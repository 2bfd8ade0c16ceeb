import { createHash } from 'node:crypto';
import { Session, type SessionChannel } from '../../lib/agent/contact/session.js';
import type { PolicyTrust } from '../../lib/agent/held/held-policy.js';
import { type Clock, type KeyName, parseEnvoyId, parseKeyName, Secret, systemClock } from '../../lib/base/index.js';
import { type Ed25519, type Ed25519Signer, loadEd25519, loadSha256 } from '../../lib/crypto/index.js';
import {
  createInstance,
  createRequestSigner,
  createRequestVerifier,
  type RequestVerifier,
} from '../../lib/identity/index.js';
import { encodeBody, hashBody, type Resource } from '../../lib/policy/index.js';
import { RpcError, type UnaryMethod } from '../../lib/rpc/index.js';
import {
  decodeCheckIn,
  decodeResolveSecrets,
  decodeRunReport,
  decodeSignedRequest,
  type EnvoyRecord,
  encodeCheckInAnswer,
  encodeSealedAnswer,
  grantGeneration,
  headHash,
  makeAnswerKey,
  type PinnedKey,
  Rejection,
  type RevocationProver,
  type RunReport,
  requestHash,
  revocationProver,
  type SecretValue,
  type SignedHead,
  sealAnswer,
  signHead,
  signingKeyId,
  WATCH_MARK_BYTES,
} from '../../lib/wire/index.js';

export const ENVOY_ID = parseEnvoyId('00000000-0000-4000-8000-000000000001');

/** The agent's half of a server, small and real: it verifies, signs and seals with real keys, without a network. */
export class Responder implements SessionChannel {
  /** What arrived and was found good, in order. */
  readonly calls: string[] = [];
  readonly reports: RunReport[] = [];
  readonly secrets = new Map<KeyName, { version: number; value: string }>();
  /** The refs and held versions of every ResolveSecrets. */
  readonly asked: [key: string, heldVersion: number | undefined][][] = [];
  version = 1;
  epoch = 1;
  resources: readonly Resource[] | undefined = [];
  /** The marks of a head, where they aren't those of its body. */
  marks: Uint8Array | undefined;
  isAway = false;
  status: 'active' | 'revoked' = 'active';
  /** What proves that the envoy is revoked. */
  revocationOf: RevocationProver = () => new Uint8Array(64);
  /** How this envoy is on record. */
  record: EnvoyRecord | undefined;
  /** What the next check-in is handed. */
  generation: Uint8Array | undefined;
  /** What was quoted by each CheckIn and ResolveSecrets. */
  readonly quoted: (Uint8Array | undefined)[] = [];
  /** Hears of a head that the envoy shows, because what it was offered is older. */
  whenShown: (head: SignedHead) => void = () => {};
  /** What is thrown instead of answering, once per entry. */
  readonly refusals: Partial<Record<UnaryMethod, Error[]>> = {};
  /** Changes an answer before it goes out. */
  alter: (method: UnaryMethod, answer: Uint8Array) => Uint8Array = (_, answer) => answer;
  /** Runs while a ResolveSecrets is answered. */
  meanwhile: () => void = () => {};
  serverTimeMs = () => Date.now();

  #verifier: RequestVerifier;
  #policySigner: Ed25519Signer;
  readonly #makeVerifier: () => RequestVerifier;

  /** @param envoyKey tells the envoy's public key, once it is known */
  constructor(policySigner: Ed25519Signer, ed25519: Ed25519, envoyKey: () => Uint8Array, clock: Clock = systemClock) {
    this.#policySigner = policySigner;
    this.#makeVerifier = () =>
      createRequestVerifier({
        ed25519,
        instance: createInstance(),
        clock,
        lookup: (id) => (id === ENVOY_ID ? { publicKey: envoyKey(), status: this.status } : undefined),
        revocationOf: (id) => this.revocationOf(id),
      });
    this.#verifier = this.#makeVerifier();
  }

  static async start(clock: Clock = systemClock) {
    const ed25519 = await loadEd25519();
    const policySigner = ed25519.generateSigner();
    const signer = ed25519.generateSigner();
    const responder = new Responder(policySigner, ed25519, () => signer.publicKey, clock);
    const { publicKey } = policySigner;
    const trust: PolicyTrust = { envoyId: ENVOY_ID, pinned: { publicKey, keyId: await signingKeyId(publicKey) } };
    const newSession = (sessionClock: Clock = clock) =>
      new Session(responder, createRequestSigner({ signer, envoyId: ENVOY_ID, clock: sessionClock }), trust);
    responder.revocationOf = revocationProver(policySigner);
    return { responder, trust, newSession, session: newSession(), policySigner };
  }

  /** Another server process: a new instance, and no memory of sequences. */
  restart(): void {
    this.#verifier = this.#makeVerifier();
  }

  /** @returns what it is from now on; heads and answers are signed by it */
  async replaceKey(): Promise<PinnedKey> {
    this.#policySigner = (await loadEd25519()).generateSigner();
    const { publicKey } = this.#policySigner;
    return { publicKey, keyId: await signingKeyId(publicKey) };
  }

  setSecret(key: string, value: string): void {
    const name = parseKeyName(key);
    this.secrets.set(name, { version: (this.secrets.get(name)?.version ?? 0) + 1, value });
    this.epoch++;
  }

  async call(method: UnaryMethod, bytes: Uint8Array): Promise<Uint8Array> {
    const request = await this.#verified(method, bytes);
    const refusal = this.refusals[method]?.shift();
    if (refusal !== undefined) throw refusal;
    const answer = await this.#answer(method, request.payload, await requestHash(method, request));
    return this.alter(method, answer);
  }

  async wakeUp(bytes: Uint8Array, onHint: () => void): Promise<void> {
    await this.#verified('WakeUp', bytes);
    onHint();
  }

  async #verified(method: UnaryMethod | 'WakeUp', bytes: Uint8Array) {
    if (this.isAway) throw new RpcError('unavailable', 'nobody there');
    const request = decodeSignedRequest(method, bytes);
    this.#verifier.verify({ method, certificateEnvoyId: ENVOY_ID, request });
    this.calls.push(method);
    return request;
  }

  async bundle() {
    if (this.resources === undefined) return undefined;
    const body = encodeBody({ v: 1, configcrates: [{ name: 'web', vars: {}, resources: this.resources }] });
    const head = await signHead(
      {
        envoyId: ENVOY_ID,
        policyVersion: this.version,
        bodyHash: hashBody(body, await loadSha256()),
        secretsEpoch: this.epoch,
        issuedAtMs: 1,
        watchMarks: this.marks ?? this.#marks(),
      },
      this.#policySigner,
    );
    return { head, body };
  }

  /** A mark for each resource that watches something, from the versions of what it names. */
  #marks(): Uint8Array {
    const marks = (this.resources ?? []).flatMap(({ watch_secret }) => {
      if (watch_secret === undefined) return [];
      const versions = watch_secret.map((key) => this.secrets.get(parseKeyName(key))?.version ?? 0);
      return [createHash('sha256').update(JSON.stringify(versions)).digest().subarray(0, WATCH_MARK_BYTES)];
    });
    return Buffer.concat(marks);
  }

  async #answer(method: UnaryMethod, payload: Uint8Array, hash: Uint8Array): Promise<Uint8Array> {
    switch (method) {
      case 'CheckIn': {
        const { heldHead, generation: quoted, newerHead, offer } = decodeCheckIn(payload);
        this.quoted.push(quoted);
        if (newerHead !== undefined) this.whenShown(newerHead);
        const { generation } = this;
        this.generation = undefined;
        const bundle = await this.bundle();
        const isHeld = bundle && heldHead && Buffer.compare(heldHead, await headHash(bundle.head)) === 0;
        const serverTimeMs = this.serverTimeMs();
        return encodeCheckInAnswer({
          bundle: isHeld ? undefined : bundle,
          serverTimeMs,
          intervalMs: 60_000,
          generation: generation && grantGeneration(generation, hash, this.#policySigner),
          trustNumber: 0,
          record: offer !== undefined ? this.record : undefined,
        });
      }
      case 'ResolveSecrets':
        return this.#resolve(payload, hash);
      case 'ReportRun':
        this.reports.push(decodeRunReport(payload));
        return new Uint8Array();
    }
  }

  async #resolve(payload: Uint8Array, hash: Uint8Array): Promise<Uint8Array> {
    const { policyVersion, refs, kemPublicKey, generation } = decodeResolveSecrets(payload);
    this.quoted.push(generation);
    this.asked.push(refs.map(({ key, heldVersion }) => [key, heldVersion]));
    const { epoch } = this;
    this.meanwhile();
    if (policyVersion !== this.version) throw new Rejection('stale_bundle', 'check in again');
    const values: SecretValue[] = refs.flatMap(({ key, heldVersion }) => {
      const secret = this.secrets.get(key);
      if (secret === undefined || secret.version === heldVersion) return [];
      return [{ key, version: secret.version, value: new Secret<Uint8Array>(Buffer.from(secret.value)) }];
    });
    const key = await makeAnswerKey({ requestHash: hash, kemPublicKey });
    return encodeSealedAnswer(await sealAnswer(key, epoch, values, this.#policySigner));
  }
}
