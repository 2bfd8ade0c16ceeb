import { createDecipheriv, createHmac, sign, verify } from 'node:crypto';
import { ml_kem768_x25519 as xWing } from '@noble/post-quantum/hybrid.js';
import { at, canonical, fieldsOf, message, ProtoMessage } from './encoding.js';
import { demandOwn, exchange, type Identity, makeTlsKey, type Reply, sha256 } from './enroll.js';
import { GrpcConnection, Refused } from './grpc.js';
import { ed25519, follow, provesRevocation } from './trust.js';

/** A verified bundle. */
export interface Bundle {
  readonly headHash: Buffer;
  readonly policyVersion: number;
  readonly secretsEpoch: number;
  readonly bodyHash: Buffer;
  /** Absent where it was held already. */
  readonly body: string | undefined;
}

export interface CheckedIn {
  readonly bundle: Bundle | undefined;
  readonly serverTimeMs: number;
  readonly intervalS: number;
}

export interface OpenedSecret {
  readonly key: string;
  readonly version: number;
  readonly value: Buffer;
}

/** Something that the policy key should have signed, and didn't. */
class Unsigned extends Error {}

interface SignedRequest {
  readonly bytes: Buffer;
  /** What a sealed answer is bound to. */
  readonly hash: Buffer;
}

/** Another agent than Vigo's own, written from docs/protocol.md with nothing of lib/. */
export class SecondClient {
  #identity: Identity;
  #connection: GrpcConnection;
  readonly #server: string;
  #instance: Buffer = Buffer.alloc(16);
  #sequence = Date.now() * 1000;
  /** The generation that was stored last; none before the first. */
  #generation: Buffer = Buffer.alloc(0);

  /** @param server the address of the HTTPS port */
  constructor(server: string, identity: Identity) {
    this.#server = server;
    this.#identity = identity;
    this.#connection = connectTo(server, identity);
  }

  get envoyId(): string {
    return this.#identity.envoyId;
  }

  /** "Requests": signs for the server process that answered last. */
  sign(method: string, payload: Buffer): SignedRequest {
    const { envoyId, privateKey } = this.#identity;
    const sequence = ++this.#sequence;
    const issuedAt = Date.now();
    const signed = canonical('vigo/request/v1', method, envoyId, this.#instance, sequence, issuedAt, payload);
    const signature = sign(null, signed, privateKey);
    const bytes = message(
      [1, envoyId],
      [2, this.#instance],
      [3, sequence],
      [4, issuedAt],
      [5, payload],
      [6, signature],
    );
    return { bytes, hash: sha256(signed) };
  }

  /** Sends what was signed, as it is. */
  send(method: string, { bytes }: SignedRequest): Promise<Buffer> {
    return this.#connection.unary(method, bytes);
  }

  /** How far the chain of trust was followed. */
  get trustNumber(): number {
    return this.#identity.trust.number;
  }

  /** "Bundles"; under a key that isn't known it looks for successors. @param held what was accepted before */
  async checkIn(held?: Bundle): Promise<CheckedIn> {
    try {
      return await this.#checkIn(held);
    } catch (cause) {
      if (!(cause instanceof Unsigned) || !(await this.#follow())) throw cause;
      return this.#checkIn(held);
    }
  }

  /** "The chain of trust". @returns whether it led further */
  async #follow(): Promise<boolean> {
    const { trustDomain, trust } = this.#identity;
    const followed = await follow(this.#server, trustDomain, trust);
    if (followed !== undefined) this.#identity = { ...this.#identity, trust: followed.position, ca: followed.ca };
    return followed !== undefined;
  }

  async #checkIn(held: Bundle | undefined): Promise<CheckedIn> {
    const { answer, hash } = await this.#call('CheckIn', this.checkInPayload(held));
    const fields = new ProtoMessage(answer);
    // "Generations": an agent that lives on would flush it to its disk here.
    const granted = fields.message(4);
    if (granted !== undefined) this.#generation = this.#openGranted(granted, hash);
    const bundle = fields.message(1);
    return {
      bundle: bundle && this.#openBundle(bundle),
      serverTimeMs: fields.number(2),
      intervalS: fields.number(3),
    };
  }

  checkInPayload(held?: Bundle): Buffer {
    const trait = message([1, 'os'], [2, 'none']);
    return message([1, held?.headHash], [2, held?.bodyHash], [3, trait], [4, 'second'], [5, this.#generation]);
  }

  /** "Sealed answers". @param refs key names in order, with the version that is held or 0 */
  async resolve(policyVersion: number, refs: readonly (readonly [key: string, held: number])[]) {
    const { publicKey, secretKey } = xWing.keygen();
    const asked = refs.map((ref) => [2, message([1, ref[0]], [2, ref[1]])] as const);
    const { answer, hash } = await this.#call(
      'ResolveSecrets',
      message([1, policyVersion], ...asked, [3, publicKey], [4, this.#generation]),
    );
    const fields = new ProtoMessage(answer);
    const [keyId, epoch, kemCiphertext] = [fields.bytes(1), fields.number(2), fields.bytes(3)];
    const [sealed, signature] = [fields.bytes(4), fields.bytes(5)];
    const signed = canonical('vigo/sealed-answer/v1', keyId, hash, epoch, kemCiphertext, sealed);
    this.#demandPolicyKey(keyId, signed, signature);
    const info = canonical('vigo/sealed-answer-key/v1', publicKey, kemCiphertext, hash);
    const shared = xWing.decapsulate(kemCiphertext, secretKey);
    const decipher = createDecipheriv('aes-256-gcm', deriveKey(shared, info), sealed.subarray(0, 12));
    decipher.setAAD(canonical('vigo/sealed-answer-aad/v1', hash, epoch));
    decipher.setAuthTag(sealed.subarray(-16));
    const batch = Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()]);
    return { epoch, secrets: readBatch(batch) };
  }

  /** "Reports". @param outcome the number of one in messages.proto */
  async report(runId: string, bundle: Bundle, outcome: number, text: string): Promise<Buffer> {
    const now = Date.now();
    const result = message([1, 'shop'], [2, 'settings'], [3, 'file'], [4, outcome], [5, text], [6, 7]);
    const { policyVersion, secretsEpoch } = bundle;
    const payload = message([1, runId], [2, now - 7], [3, now], [4, policyVersion], [5, secretsEpoch], [6, result]);
    return (await this.#call('ReportRun', payload)).answer;
  }

  /** "Wake-up". */
  wakeUp(onHint: () => void, signal: AbortSignal): Promise<void> {
    const { bytes } = this.sign('WakeUp', Buffer.alloc(0));
    return this.#connection.stream('WakeUp', bytes, onHint, signal);
  }

  /** "Renewal": goes on with the new certificate over a new connection. */
  async renew(): Promise<void> {
    const { envoyId, trustDomain, ca } = this.#identity;
    const tls = makeTlsKey();
    const proof = sign('sha256', canonical('vigo/renewal-key/v1', envoyId, tls.publicKey), tls.privateKey);
    const reply = await this.askRenewal(
      this.sign('RenewCertificate', canonical('vigo/renewal/v1', tls.publicKey, proof)),
    );
    if (reply.status !== 200) throw new Error(reply.text);
    const { certificate } = JSON.parse(reply.text);
    demandOwn(certificate, ca, `spiffe://${trustDomain}/envoy/${envoyId}`, tls.privateKey);
    this.#identity = { ...this.#identity, cert: certificate, key: tls.pem };
    this.close();
    this.#connection = connectTo(this.#server, this.#identity);
  }

  /** Sends a renewal as it was signed. */
  askRenewal({ bytes }: SignedRequest): Promise<Reply> {
    const url = new URL('/enroll/renew', this.#server);
    return exchange(url, this.#identity.ca, { request: bytes.toString('base64url') });
  }

  /** When the server has ended the connection; then there is another one. */
  async reconnect(): Promise<void> {
    await this.#connection.gone;
    this.#connection = connectTo(this.#server, this.#identity);
  }

  /** "Requests": a revocation counts with its proof alone. */
  believes({ reason, proof }: Pick<Refused, 'reason' | 'proof'>): boolean {
    const { envoyId, trust } = this.#identity;
    return reason === 'revoked' && proof !== undefined && provesRevocation(proof, envoyId, trust.policyKey);
  }

  close(): void {
    this.#connection.close();
  }

  /** A request that was made for another server process is signed once more. */
  async #call(method: string, payload: Buffer) {
    const request = this.sign(method, payload);
    try {
      return { answer: await this.send(method, request), hash: request.hash };
    } catch (cause) {
      if (!(cause instanceof Refused) || cause.reason !== 'instance' || cause.instance === undefined) throw cause;
      this.#instance = cause.instance;
      const again = this.sign(method, payload);
      return { answer: await this.send(method, again), hash: again.hash };
    }
  }

  /** "Generations": what the policy key didn't sign for this request is stored by nobody. */
  #openGranted(granted: ProtoMessage, requestHash: Buffer): Buffer {
    const generation = granted.bytes(1);
    this.#demandSigned(canonical('vigo/granted-generation/v1', requestHash, generation), granted.bytes(2));
    return generation;
  }

  #openBundle(bundle: ProtoMessage): Bundle {
    const signedHead = bundle.message(1);
    if (signedHead === undefined) throw new Error('a bundle without a head');
    const [head, signature] = [signedHead.bytes(1), signedHead.bytes(2)];
    const fields = fieldsOf('vigo/policy-head/v1', 7, head);
    this.#demandPolicyKey(at(fields, 0), head, signature);
    if (at(fields, 1).toString() !== this.envoyId) throw new Error('this is the head of another envoy');
    const body = bundle.bytes(2);
    const bodyHash = at(fields, 3);
    if (body.length > 0 && !sha256(canonical('vigo/policy-body/v1', body)).equals(bodyHash)) {
      throw new Error('this is another body');
    }
    return {
      headHash: sha256(canonical('vigo/held-head/v1', head, signature)),
      policyVersion: Number(at(fields, 2).readBigUInt64BE()),
      secretsEpoch: Number(at(fields, 4).readBigUInt64BE()),
      bodyHash,
      body: body.length > 0 ? body.toString() : undefined,
    };
  }

  #demandPolicyKey(keyId: Buffer, signed: Buffer, signature: Buffer): void {
    const { policyKey } = this.#identity.trust;
    const id = sha256(canonical('vigo/signing-key/v1', policyKey)).subarray(0, 8);
    if (!keyId.equals(id)) throw new Unsigned();
    this.#demandSigned(signed, signature);
  }

  #demandSigned(signed: Buffer, signature: Buffer): void {
    if (!verify(null, signed, ed25519(this.#identity.trust.policyKey), signature)) throw new Unsigned();
  }
}

function connectTo(server: string, { grpcPort, ca, cert, key }: Identity): GrpcConnection {
  return new GrpcConnection(`${new URL(server).hostname}:${grpcPort}`, { ca, cert, key });
}

/** HKDF-SHA-256 (RFC 5869) for 32 bytes, which is one step; Node's own takes no more than 1,024 bytes of info. */
function deriveKey(secret: Uint8Array, info: Buffer): Buffer {
  const extracted = createHmac('sha256', Buffer.alloc(32)).update(secret).digest();
  return createHmac('sha256', extracted).update(info).update(Buffer.of(1)).digest();
}

function readBatch(batch: Buffer): OpenedSecret[] {
  let offset = 0;
  const take = (size: number) => {
    offset += size;
    return batch.subarray(offset - size, offset);
  };
  const count = take(2).readUInt16BE();
  const secrets = Array.from({ length: count }, () => ({
    key: take(take(2).readUInt16BE()).toString(),
    version: Number(take(8).readBigUInt64BE()),
    value: take(take(4).readUInt32BE()),
  }));
  if (offset !== batch.length) throw new Error('there is more than the batch');
  return secrets;
}
