import { BaseError, concatBytes, encodeCanonical, fromBase64Url, Secret, toBase64Url, toHex } from '../base/index.js';
import { loadSha256, randomBytes, wipe } from '../crypto/index.js';
import { IdentityError } from './errors.js';

const PREFIX = 'vget_';
const SECRET_BYTES = 32;
const HASH_BYTES = 32;
const ID_BYTES = 8;

/** What an enrollment token says: that its holder may enroll, and at whose server alone (T4). */
export interface EnrollmentToken {
  /** 32 random bytes. The server keeps nothing but their `tokenHash` (T3). */
  readonly secret: Secret<Uint8Array>;
  /** SHA-256 of the DER of the one CA certificate to trust. */
  readonly caHash: Uint8Array;
}

/**
 * A new token: `vget_`, then 32 random bytes and the CA's hash in base64url, 91 characters in all.
 * @param caHash 32 bytes.
 * @returns beside what it says its `text`, to be shown once.
 */
export function makeToken(caHash: Uint8Array): EnrollmentToken & { readonly text: string } {
  if (caHash.length !== HASH_BYTES) throw new IdentityError('bad_token', `a CA hash has ${HASH_BYTES} bytes`);
  const secret = randomBytes(SECRET_BYTES);
  const bytes = concatBytes(secret, caHash);
  const text = PREFIX + toBase64Url(bytes);
  wipe(bytes);
  return { text, secret: new Secret(secret), caHash: Uint8Array.from(caHash) };
}

/**
 * Strict: there is one text for each token.
 * @throws IdentityError `bad_token`; the message holds nothing of the text.
 */
export function parseToken(text: string): EnrollmentToken {
  const bytes = tokenBytes(text);
  const token = { secret: new Secret(bytes.slice(0, SECRET_BYTES)), caHash: bytes.slice(SECRET_BYTES) };
  wipe(bytes);
  return token;
}

/** What the server stores of a token: 32 bytes, by which nobody finds the secret. */
export async function tokenHash(secret: Uint8Array): Promise<Uint8Array> {
  return (await loadSha256()).digest(encodeCanonical('vigo/enrollment-token/v1', secret));
}

/** A token's name in logs and lists: 16 hexadecimal digits, of no use to whoever wants to enroll. */
export async function tokenId(hash: Uint8Array): Promise<string> {
  const digest = (await loadSha256()).digest(encodeCanonical('vigo/enrollment-token-id/v1', hash));
  return toHex(digest.subarray(0, ID_BYTES));
}

function tokenBytes(text: string): Uint8Array {
  if (!text.startsWith(PREFIX)) throw notAToken();
  let bytes: Uint8Array;
  try {
    bytes = fromBase64Url(text.slice(PREFIX.length));
  } catch (error) {
    if (error instanceof BaseError) throw notAToken();
    throw error;
  }
  if (bytes.length !== SECRET_BYTES + HASH_BYTES) throw notAToken();
  return bytes;
}

function notAToken(): IdentityError {
  return new IdentityError('bad_token', 'this is not an enrollment token', {
    hint: 'a token is one line that begins with vget_: vigocli envoys token makes one',
  });
}
