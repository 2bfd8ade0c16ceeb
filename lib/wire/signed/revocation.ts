import { type EnvoyId, encodeCanonical } from '../../base/index.js';
import { type Ed25519Signer, loadEd25519 } from '../../crypto/index.js';
import type { PinnedKey } from './policy-head.js';

/** Makes the proof that an envoy is revoked: 64 bytes, the same one each time under one key, because that is for good. */
export type RevocationProver = (envoyId: EnvoyId) => Uint8Array;

/** @param signer the policy key */
export function revocationProver(signer: Pick<Ed25519Signer, 'sign'>): RevocationProver {
  return (envoyId) => signer.sign(provenBytes(envoyId));
}

/** Whether the pinned policy key says so of this envoy: who holds the TLS keys can't. */
export async function provesRevocation(proof: Uint8Array, envoyId: EnvoyId, pinned: PinnedKey): Promise<boolean> {
  return (await loadEd25519()).verify(proof, provenBytes(envoyId), pinned.publicKey);
}

function provenBytes(envoyId: EnvoyId): Uint8Array {
  return encodeCanonical('vigo/revocation/v1', envoyId);
}
