import { type HostName, MARKER_END, MARKER_START, parseHostName } from '../../base/index.js';
import {
  CheckInAnswer as AnswerMessage,
  type EnvoyRecord as EnvoyRecordMessage,
  type GrantedGeneration as GrantedMessage,
  type SignedHead as HeadMessage,
  CheckIn as Message,
  Standing as StandingNumber,
} from '../../gen/proto/vigo/v1/messages.js';
import { WireError } from '../errors.js';
import { GENERATION_BYTES, MAX_BODY_BYTES, MAX_TRAIT_BYTES, MAX_TRAITS } from '../limits.js';
import type { GrantedGeneration } from '../signed/granted-generation.js';
import type { SignedHead } from '../signed/policy-head.js';
import { SIGNATURE_BYTES } from '../signed/signed-request.js';
import { checked, counter, decodeStrict, optionalSized, requireSorted, sized } from '../strict.js';
import { type AgentOffer, splitOffer, traitsOfOffer } from './offer.js';

const HASH_BYTES = 32;
const MAX_VERSION_CHARS = 64;

/** What an envoy says about itself. Shown to operators; nothing is granted by it (D0). */
export type Traits = ReadonlyMap<string, string>;

/** What a server has decided about an envoy that isn't revoked; `cloned` is a quarantine for what may be two machines. */
export type Standing = keyof typeof STANDINGS;

const STANDINGS = {
  active: StandingNumber.STANDING_ACTIVE,
  quarantined: StandingNumber.STANDING_QUARANTINED,
  cloned: StandingNumber.STANDING_CLONED,
} as const;

/** How the server has an envoy on record. For people on that machine: nothing is decided by it. */
export interface EnvoyRecord {
  readonly hostName: HostName;
  readonly standing: Standing;
}

export interface CheckIn {
  /** SHA-256 of the signed head that the envoy holds. */
  readonly heldHead: Uint8Array | undefined;
  /** Hash of the body that the envoy holds. */
  readonly heldBody: Uint8Array | undefined;
  readonly traits: Traits;
  readonly agentVersion: string;
  /** Absent from an agent of protocol 1. */
  readonly offer?: AgentOffer | undefined;
  /** The generation that the envoy stored last, as it came. */
  readonly generation: Uint8Array | undefined;
  /** The head that the envoy holds, where it was offered an older one: what a database has forgotten comes back by it. */
  readonly newerHead?: SignedHead | undefined;
}

/** Placeholders, never values: what an envoy shall be. */
export interface PolicyBundle {
  readonly head: SignedHead;
  /** Absent where the envoy said that it holds the body that the head names. */
  readonly body: Uint8Array | undefined;
}

export interface CheckInAnswer {
  /** Absent where the envoy holds the current one. */
  readonly bundle: PolicyBundle | undefined;
  readonly serverTimeMs: number;
  readonly intervalMs: number;
  /** Absent: the last one stays. */
  readonly generation: GrantedGeneration | undefined;
  /** The number of the last statement in the chain of trust: who stands before it has something to follow. */
  readonly trustNumber: number;
  /** From protocol 2 on: absent for an agent of protocol 1, and from a server of protocol 1. */
  readonly record?: EnvoyRecord | undefined;
}

export function encodeCheckIn(checkIn: CheckIn): Uint8Array {
  const traits = [...checkIn.traits, ...(checkIn.offer === undefined ? [] : traitsOfOffer(checkIn.offer))];
  return Message.encode({
    heldHead: Buffer.from(checkIn.heldHead ?? []),
    heldBody: Buffer.from(checkIn.heldBody ?? []),
    traits: traits.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => ({ name, value })),
    agentVersion: checkIn.agentVersion,
    generation: Buffer.from(checkIn.generation ?? []),
    newerHead: checkIn.newerHead && encodeHead(checkIn.newerHead),
  }).finish();
}

/** @throws WireError `malformed`, also for marker text in a trait, and what `splitOffer` throws. */
export function decodeCheckIn(bytes: Uint8Array): CheckIn {
  const message = decodeStrict('check-in', Message, bytes);
  if (message.agentVersion.length > MAX_VERSION_CHARS)
    throw new WireError('malformed', "the agent's version is too long");
  if (message.traits.length > MAX_TRAITS) throw new WireError('malformed', `more than ${MAX_TRAITS} traits`);
  requireSorted(
    'the traits',
    message.traits.map((trait) => trait.name),
  );
  for (const { name, value } of message.traits) {
    if (name.length + value.length > MAX_TRAIT_BYTES) throw new WireError('malformed', 'a trait is too long');
    // A trait that spells a placeholder would ask for a secret by way of what the envoy says about itself.
    if (holdsMarker(name) || holdsMarker(value)) throw new WireError('malformed', 'a trait holds marker text');
  }
  const { offer, traits } = splitOffer(new Map(message.traits.map(({ name, value }) => [name, value])));
  return {
    heldHead: optionalSized('the hash of the head', message.heldHead, HASH_BYTES),
    heldBody: optionalSized('the hash of the body', message.heldBody, HASH_BYTES),
    traits,
    ...(offer && { offer }),
    agentVersion: message.agentVersion,
    generation: optionalSized('the generation', message.generation, GENERATION_BYTES),
    newerHead: message.newerHead && decodeHead(message.newerHead),
  };
}

export function encodeCheckInAnswer(answer: CheckInAnswer): Uint8Array {
  const { bundle } = answer;
  return AnswerMessage.encode({
    bundle: bundle && {
      head: encodeHead(bundle.head),
      body: Buffer.from(bundle.body ?? []),
    },
    serverTime: BigInt(answer.serverTimeMs),
    intervalS: Math.round(answer.intervalMs / 1000),
    generation: answer.generation && encodeGranted(answer.generation),
    trustNumber: answer.trustNumber,
    record: answer.record && { hostName: answer.record.hostName, standing: STANDINGS[answer.record.standing] },
  }).finish();
}

/** @throws WireError `malformed` */
export function decodeCheckInAnswer(bytes: Uint8Array): CheckInAnswer {
  const message = decodeStrict('check-in answer', AnswerMessage, bytes);
  return {
    bundle: message.bundle && decodeBundle(message.bundle),
    serverTimeMs: counter("the server's time", message.serverTime),
    intervalMs: message.intervalS * 1000,
    generation: message.generation && decodeGranted(message.generation),
    trustNumber: message.trustNumber,
    record: message.record && decodeRecord(message.record),
  };
}

function decodeRecord({ hostName, standing }: EnvoyRecordMessage): EnvoyRecord {
  const names = Object.keys(STANDINGS) as Standing[];
  const name = names.find((each) => STANDINGS[each] === standing);
  if (name === undefined) throw new WireError('malformed', 'the record of an envoy has an unknown standing');
  return { hostName: checked('the host name', () => parseHostName(hostName)), standing: name };
}

function encodeGranted({ generation, signature }: GrantedGeneration): GrantedMessage {
  return { generation: Buffer.from(generation), signature: Buffer.from(signature) };
}

function decodeGranted({ generation, signature }: GrantedMessage): GrantedGeneration {
  return {
    generation: sized('the generation', generation, GENERATION_BYTES),
    signature: sized('the signature', signature, SIGNATURE_BYTES),
  };
}

function decodeBundle(bundle: NonNullable<AnswerMessage['bundle']>): PolicyBundle {
  if (bundle.head === undefined) throw new WireError('malformed', 'a bundle without a head');
  if (bundle.body.length > MAX_BODY_BYTES) throw new WireError('malformed', "a bundle's body is too large");
  return {
    head: decodeHead(bundle.head),
    body: bundle.body.length === 0 ? undefined : bundle.body,
  };
}

function encodeHead({ head, signature }: SignedHead): HeadMessage {
  return { head: Buffer.from(head), signature: Buffer.from(signature) };
}

function decodeHead({ head, signature }: HeadMessage): SignedHead {
  return { head, signature: sized('the signature', signature, SIGNATURE_BYTES) };
}

function holdsMarker(text: string): boolean {
  return text.includes(MARKER_START) || text.includes(MARKER_END);
}
