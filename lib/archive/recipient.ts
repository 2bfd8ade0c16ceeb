import {
  concatBytes,
  encodeCanonical,
  equalBytes,
  fromBase64Url,
  keyFromBase64Url,
  keyToBase64Url,
  Secret,
  toBase64Url,
  utf8,
} from '../base/index.js';
import { loadSha256, loadXWing, wipe } from '../crypto/index.js';
import { ArchiveError } from './errors.js';

/** Whom an archive is for: whoever holds the private key to this public one opens it, and nobody else. */
export interface Recipient {
  /** 8 bytes that name the key pair. */
  readonly id: Uint8Array;
  /** X-Wing, 1,216 bytes. */
  readonly publicKey: Uint8Array;
}

/** The private half. Whoever takes it out disposes of the secret. */
export interface Identity {
  /** Of the recipient whose private key it is. */
  readonly id: Uint8Array;
  /** X-Wing, 32 bytes. */
  readonly secretKey: Secret<Uint8Array>;
}

export const RECIPIENT_ID_BYTES = 8;
const PUBLIC_KEY_BYTES = 1216;
const SECRET_KEY_BYTES = 32;
const RECIPIENT_PREFIX = 'vgar_';
const IDENTITY_PREFIX = 'vgai_';

/** Makes a key pair, each half as the one line of text that stands in its file. The caller wipes `identity`. */
export async function makeKeyPair(): Promise<{ recipient: string; identity: Uint8Array; id: Uint8Array }> {
  const { publicKey, secretKey } = (await loadXWing()).generateKeyPair();
  const id = await recipientId(publicKey);
  const secret = concatBytes(secretKey, id);
  const base64 = keyToBase64Url(secret);
  const identity = concatBytes(utf8(IDENTITY_PREFIX), base64);
  wipe(secretKey, secret, base64);
  return { recipient: RECIPIENT_PREFIX + toBase64Url(concatBytes(publicKey, id)), identity, id };
}

/**
 * Reads `vgar_` and the base64url of the public key with its id. The id is a checksum as well: to a public key with a
 * wrong letter an archive could be made, but never opened.
 * @throws ArchiveError `bad_recipient`
 */
export async function parseRecipient(text: string): Promise<Recipient> {
  const bytes = text.startsWith(RECIPIENT_PREFIX)
    ? decode(() => fromBase64Url(text.slice(RECIPIENT_PREFIX.length)))
    : undefined;
  if (bytes?.length === PUBLIC_KEY_BYTES + RECIPIENT_ID_BYTES) {
    const publicKey = bytes.subarray(0, PUBLIC_KEY_BYTES);
    const id = await recipientId(publicKey);
    if (equalBytes(id, bytes.subarray(PUBLIC_KEY_BYTES))) return { id, publicKey };
  }
  const mistaken = text.startsWith(IDENTITY_PREFIX);
  throw new ArchiveError('bad_recipient', mistaken ? 'this is a private key' : "this isn't a recipient's public key", {
    hint: 'vigocli backup keygen makes a key pair; the public key is in the file that ends in .pub',
  });
}

/** Reads what `makeKeyPair` gave as `identity`, which the caller wipes. @throws ArchiveError `bad_identity` */
export function parseIdentity(line: Uint8Array): Identity {
  const bytes = beginsWith(line, IDENTITY_PREFIX)
    ? decode(() => keyFromBase64Url(line.subarray(IDENTITY_PREFIX.length)))
    : undefined;
  if (bytes?.length === SECRET_KEY_BYTES + RECIPIENT_ID_BYTES) {
    const secretKey = new Secret(bytes.slice(0, SECRET_KEY_BYTES));
    const id = bytes.slice(SECRET_KEY_BYTES);
    wipe(bytes);
    return { id, secretKey };
  }
  const mistaken = beginsWith(line, RECIPIENT_PREFIX);
  throw new ArchiveError('bad_identity', mistaken ? 'this is a public key' : "this isn't a recipient's private key", {
    hint: 'vigocli backup keygen <file> made it: name that file',
  });
}

function beginsWith(line: Uint8Array, prefix: string): boolean {
  return equalBytes(line.subarray(0, prefix.length), utf8(prefix));
}

function decode(read: () => Uint8Array): Uint8Array | undefined {
  try {
    return read();
  } catch {
    return undefined; // not base64url
  }
}

async function recipientId(publicKey: Uint8Array): Promise<Uint8Array> {
  const sha256 = await loadSha256();
  return sha256.digest(encodeCanonical('vigo/archive-recipient-id/v1', publicKey)).slice(0, RECIPIENT_ID_BYTES);
}
