import { decodeCanonical, type EnvoyId, encodeCanonical, parseEnvoyId } from '../../base/index.js';
import { type Ed25519Signer, loadEd25519, loadSha256 } from '../../crypto/index.js';
import { WireError } from '../errors.js';
import { MAX_WATCHES, WATCH_MARK_BYTES } from '../limits.js';
import { checked } from '../strict.js';
import { type SigningKeyId, signingKeyId } from './signing-key.js';

const TAG = 'vigo/policy-head/v1';
const HASH_BYTES = 32;
const KEY_ID_BYTES = 8;

/** The small part of a bundle that is made for one envoy, once per change. */
export interface PolicyHead {
  readonly envoyId: EnvoyId;
  /** Never falls, rollbacks by an operator included. */
  readonly policyVersion: number;
  /** SHA-256 of the body, domain-separated. */
  readonly bodyHash: Uint8Array;
  /** Rises with every reload and every change of a secret; never falls. */
  readonly secretsEpoch: number;
  readonly issuedAtMs: number;
  /**
   * 16 bytes for each resource of the body that watches secrets, in the body's order: other ones as soon as one of these
   * secrets has another version. They say nothing else.
   */
  readonly watchMarks: Uint8Array;
}

/** A head in canonical encoding with the policy key's signature over exactly these bytes. */
export interface SignedHead {
  readonly head: Uint8Array;
  readonly signature: Uint8Array;
}

/** What an envoy pinned at enrollment to check heads and answers with. */
export interface PinnedKey {
  readonly publicKey: Uint8Array;
  readonly keyId: SigningKeyId;
}

export async function signHead(
  head: PolicyHead,
  signer: Pick<Ed25519Signer, 'publicKey' | 'sign'>,
): Promise<SignedHead> {
  const { envoyId, policyVersion, bodyHash, secretsEpoch, issuedAtMs, watchMarks } = head;
  const keyId = await signingKeyId(signer.publicKey);
  const bytes = encodeCanonical(TAG, keyId, envoyId, policyVersion, bodyHash, secretsEpoch, issuedAtMs, watchMarks);
  return { head: bytes, signature: signer.sign(bytes) };
}

/**
 * Verifies the signature before anything in the head is looked at, then reads it.
 * @throws WireError `forged` for another key's signature or another envoy's head, `malformed` for anything else.
 */
export async function openHead(signed: SignedHead, key: PinnedKey, envoyId: EnvoyId): Promise<PolicyHead> {
  const ed25519 = await loadEd25519();
  if (!ed25519.verify(signed.signature, signed.head, key.publicKey)) {
    throw new WireError('forged', "the policy head isn't signed by the pinned policy key");
  }
  const head = checked('a policy head', () => {
    const fields = decodeCanonical(TAG, 7, signed.head);
    fields.bytes(KEY_ID_BYTES);
    return {
      envoyId: parseEnvoyId(fields.text()),
      policyVersion: fields.number(),
      bodyHash: fields.bytes(HASH_BYTES),
      secretsEpoch: fields.number(),
      issuedAtMs: fields.number(),
      watchMarks: readMarks(fields.bytes()),
    };
  });
  // A head of another envoy is well signed too: taking it would hand this machine that one's policy.
  if (head.envoyId !== envoyId) throw new WireError('forged', 'the policy head was made for another envoy');
  return head;
}

/** What an envoy names in its next check-in to say which head it holds. */
export async function headHash(signed: SignedHead): Promise<Uint8Array> {
  return (await loadSha256()).digest(encodeCanonical('vigo/held-head/v1', signed.head, signed.signature));
}

function readMarks(bytes: Uint8Array): Uint8Array {
  if (bytes.length % WATCH_MARK_BYTES !== 0 || bytes.length > MAX_WATCHES * WATCH_MARK_BYTES) {
    throw new WireError('malformed', 'the marks of a policy head are of no proper size');
  }
  return bytes;
}
