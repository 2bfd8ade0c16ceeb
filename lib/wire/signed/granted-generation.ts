import { encodeCanonical } from '../../base/index.js';
import { type Ed25519Signer, loadEd25519 } from '../../crypto/index.js';
import { WireError } from '../errors.js';
import type { PinnedKey } from './policy-head.js';

/** A generation as it is handed out. */
export interface GrantedGeneration {
  /** 40 bytes to store before anything else of the answer counts. */
  readonly generation: Uint8Array;
  /** Ed25519, 64 bytes, by the policy key. */
  readonly signature: Uint8Array;
}

/** @param requestHash of the check-in that is answered @param signer the policy key */
export function grantGeneration(
  generation: Uint8Array,
  requestHash: Uint8Array,
  signer: Pick<Ed25519Signer, 'sign'>,
): GrantedGeneration {
  return { generation, signature: signer.sign(grantedBytes(generation, requestHash)) };
}

/**
 * Against somebody with the server's TLS key who hands out a generation of his making: the true server would take who
 * quotes it for a copy.
 * @throws WireError `forged` unless the pinned policy key granted it in answer to this request
 */
export async function demandGranted(
  { generation, signature }: GrantedGeneration,
  requestHash: Uint8Array,
  pinned: PinnedKey,
): Promise<void> {
  if ((await loadEd25519()).verify(signature, grantedBytes(generation, requestHash), pinned.publicKey)) return;
  throw new WireError('forged', "the generation isn't signed by the pinned policy key");
}

function grantedBytes(generation: Uint8Array, requestHash: Uint8Array): Uint8Array {
  return encodeCanonical('vigo/granted-generation/v1', requestHash, generation);
}
