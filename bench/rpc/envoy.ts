import type { KeyObject } from 'node:crypto';
import { createSecureContext, type SecureContext } from 'node:tls';
import { type EnvoyId, type KeyName, systemClock } from '../../lib/base/index.js';
import { type Ed25519Signer, loadXWing } from '../../lib/crypto/index.js';
import { createRequestSigner, type RequestSigner } from '../../lib/identity/index.js';
import {
  type AgentMethod,
  decodeCheckInAnswer,
  decodeSealedAnswer,
  encodeCheckIn,
  encodeResolveSecrets,
  encodeSignedRequest,
  headHash,
  INSTANCE_BYTES,
  openHead,
  openSealedAnswer,
  type PinnedKey,
  Rejection,
  requestHash,
  type SecretValue,
  type Traits,
} from '../../lib/wire/index.js';
import { type Connection, type Destination, framed } from './connection.js';

/** What enrolling gives a machine. Certificates are PEM. */
export interface Identity {
  readonly envoyId: EnvoyId;
  readonly signer: Ed25519Signer;
  readonly tlsKey: KeyObject;
  readonly certificatePem: string;
  readonly caPem: string;
  readonly pinned: PinnedKey;
}

const pathOf = (method: AgentMethod) => `/vigo.v1.VigoAgent/${method}`;
export const CHECK_IN = pathOf('CheckIn');
export const RESOLVE = pathOf('ResolveSecrets');

/** As many and as long as a Linux machine's. */
const TRAITS: Traits = new Map(
  Object.entries({
    arch: 'x64',
    'core.filter': '0x0',
    'core.limit': '0',
    hostname: 'web-1.eu.example.org',
    kernel: '6.18.0-12-amd64',
    'kernel.version': '#1 SMP PREEMPT_DYNAMIC Debian 6.18.2-1 (2026-01-15)',
    node: '20.20.2',
    os: 'linux',
  }),
);

/** One envoy of the fleet, without the agent around it. */
export class Envoy {
  readonly #identity: Identity;
  readonly #requests: RequestSigner;
  readonly #context: SecureContext;
  #instance = new Uint8Array(INSTANCE_BYTES);
  #generation: Uint8Array | undefined;
  #held: { head: Uint8Array; body: Uint8Array; policyVersion: number } | undefined;

  constructor(identity: Identity) {
    const { signer, envoyId, caPem, certificatePem, tlsKey } = identity;
    const key = tlsKey.export({ type: 'pkcs8', format: 'pem' });
    this.#identity = identity;
    this.#requests = createRequestSigner({ signer, envoyId, clock: systemClock });
    this.#context = createSecureContext({ ca: caPem, cert: certificatePem, key, minVersion: 'TLSv1.3' });
  }

  destination(port: number, from?: string): Destination {
    return { port, context: this.#context, from };
  }

  /** As the agent does: once more where another server process answers. @returns whether there was news */
  async checkIn(connection: Connection): Promise<boolean> {
    try {
      return await this.#checkIn(connection);
    } catch (error) {
      if (!(error instanceof Rejection) || error.instance === undefined) throw error;
      this.#instance = Uint8Array.from(error.instance);
      return this.#checkIn(connection);
    }
  }

  /** Opens the wake-up stream. */
  listen(connection: Connection): void {
    connection.hold(pathOf('WakeUp'), this.#signed('WakeUp', new Uint8Array()));
  }

  /** Requests to check in, signed ahead, of an envoy that holds everything. */
  checkIns(count: number): Buffer[] {
    const payload = this.#checkInPayload();
    return Array.from({ length: count }, () => this.#signed('CheckIn', payload));
  }

  /** Requests for secrets, signed ahead; with one key for all of them, which the server can't know. */
  async resolves(keys: readonly KeyName[], count: number): Promise<Buffer[]> {
    const { publicKey } = (await loadXWing()).generateKeyPair();
    const payload = this.#resolvePayload(keys, publicKey);
    return Array.from({ length: count }, () => this.#signed('ResolveSecrets', payload));
  }

  /** Asks for secrets and opens what comes. */
  async resolve(connection: Connection, keys: readonly KeyName[]): Promise<SecretValue[]> {
    const { publicKey: kemPublicKey, secretKey } = (await loadXWing()).generateKeyPair();
    const payload = this.#resolvePayload(keys, kemPublicKey);
    const request = this.#requests.sign('ResolveSecrets', payload, this.#instance);
    const answer = decodeSealedAnswer(await connection.call(RESOLVE, framed(encodeSignedRequest(request))));
    const context = { requestHash: await requestHash('ResolveSecrets', request), kemPublicKey };
    return openSealedAnswer(context, answer, secretKey, this.#identity.pinned);
  }

  async #checkIn(connection: Connection): Promise<boolean> {
    const answer = await connection.call(CHECK_IN, this.#signed('CheckIn', this.#checkInPayload()));
    const { generation, bundle } = decodeCheckInAnswer(answer);
    if (generation !== undefined) this.#generation = Uint8Array.from(generation.generation);
    if (bundle === undefined) return false;
    const { envoyId, pinned } = this.#identity;
    const { policyVersion, bodyHash } = await openHead(bundle.head, pinned, envoyId);
    this.#held = { head: await headHash(bundle.head), body: bodyHash, policyVersion };
    return true;
  }

  #checkInPayload(): Uint8Array {
    return encodeCheckIn({
      heldHead: this.#held?.head,
      heldBody: this.#held?.body,
      traits: TRAITS,
      agentVersion: '0.1.0',
      generation: this.#generation,
    });
  }

  #resolvePayload(keys: readonly KeyName[], kemPublicKey: Uint8Array): Uint8Array {
    return encodeResolveSecrets({
      policyVersion: this.#held?.policyVersion ?? 0,
      refs: keys.map((key) => ({ key, heldVersion: undefined })),
      kemPublicKey,
      generation: this.#generation,
    });
  }

  #signed(method: AgentMethod, payload: Uint8Array): Buffer {
    return framed(encodeSignedRequest(this.#requests.sign(method, payload, this.#instance)));
  }
}
