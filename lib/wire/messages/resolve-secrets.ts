import { type KeyName, parseKeyName } from '../../base/index.js';
import { ResolveSecrets as Message } from '../../gen/proto/vigo/v1/messages.js';
import { WireError } from '../errors.js';
import { GENERATION_BYTES, MAX_REFS } from '../limits.js';
import { KEM_PUBLIC_KEY_BYTES } from '../signed/sealed-answer.js';
import { checked, counter, decodeStrict, optionalSized, requireSorted, sized } from '../strict.js';

export interface SecretRef {
  readonly key: KeyName;
  /** The version that the envoy holds in memory; only another one is sent. */
  readonly heldVersion: number | undefined;
}

export interface ResolveSecrets {
  /** The head under which the refs were collected. */
  readonly policyVersion: number;
  readonly refs: readonly SecretRef[];
  /** X-Wing, 1,216 bytes, made for this request alone. */
  readonly kemPublicKey: Uint8Array;
  /** The generation that the envoy stored last, as it came. */
  readonly generation: Uint8Array | undefined;
}

export function encodeResolveSecrets(request: ResolveSecrets): Uint8Array {
  return Message.encode({
    policyVersion: BigInt(request.policyVersion),
    refs: [...request.refs]
      .sort((a, b) => (a.key < b.key ? -1 : 1))
      .map(({ key, heldVersion }) => ({ key, heldVersion: BigInt(heldVersion ?? 0) })),
    kemPublicKey: Buffer.from(request.kemPublicKey),
    generation: Buffer.from(request.generation ?? []),
  }).finish();
}

/** @throws WireError `malformed` */
export function decodeResolveSecrets(bytes: Uint8Array): ResolveSecrets {
  const message = decodeStrict('request for secrets', Message, bytes);
  if (message.refs.length === 0 || message.refs.length > MAX_REFS) {
    throw new WireError('malformed', `a request for secrets names 1 to ${MAX_REFS} refs`);
  }
  requireSorted(
    'the refs',
    message.refs.map((ref) => ref.key),
  );
  return checked('a request for secrets', () => ({
    policyVersion: counter('the policy version', message.policyVersion),
    refs: message.refs.map(({ key, heldVersion }) => ({
      key: parseKeyName(key),
      heldVersion: counter('a held version', heldVersion) || undefined,
    })),
    kemPublicKey: sized('the KEM public key', message.kemPublicKey, KEM_PUBLIC_KEY_BYTES),
    generation: optionalSized('the generation', message.generation, GENERATION_BYTES),
  }));
}
