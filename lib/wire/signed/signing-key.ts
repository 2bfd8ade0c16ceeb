import { encodeCanonical } from '../../base/index.js';
import { loadSha256 } from '../../crypto/index.js';

/** Eight bytes that name a key of the server in everything that it signed. */
export type SigningKeyId = Uint8Array;

export async function signingKeyId(publicKey: Uint8Array): Promise<SigningKeyId> {
  return (await loadSha256()).digest(encodeCanonical('vigo/signing-key/v1', publicKey)).subarray(0, 8);
}
