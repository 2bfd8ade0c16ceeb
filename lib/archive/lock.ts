import { encodeCanonical, equalBytes, type Secret, toHex } from '../base/index.js';
import {
  type Aes256GcmKey,
  type Argon2idCost,
  CryptoError,
  constantTimeEqual,
  loadAes256Gcm,
  loadArgon2id,
  loadHmacSha256,
  loadSha256,
  loadXWing,
  randomBytes,
  wipe,
} from '../crypto/index.js';
import { ArchiveError } from './errors.js';
import { encodeHeader, type Header, SALT_BYTES } from './header.js';
import type { Identity, Recipient } from './recipient.js';

/** What an archive is made for. */
export type Locking =
  | { readonly kind: 'passphrase'; readonly passphrase: Uint8Array; readonly cost?: Argon2idCost }
  | { readonly kind: 'recipient'; readonly recipient: Recipient };

/** What opens an archive; asked for once its header says which of both it takes. */
export interface Unlocking {
  /** @returns bytes that are wiped after use */
  passphrase(): Promise<Uint8Array>;
  identity(): Promise<Identity>;
}

/** What is under a header: the key of the chunks, and the code that proves header and key. */
export interface Locked {
  readonly header: Uint8Array;
  readonly mac: Uint8Array;
  readonly key: Aes256GcmKey;
}

export const MAC_BYTES = 32;
const KEY_BYTES = 32;
const MIN_PASSPHRASE_BYTES = 12;
const MAX_PASSPHRASE_BYTES = 1024;

/** More than the gate's: an archive is attacked by who has it, with machines of his own and for years. */
const COST: Argon2idCost = { memoryKiB: 131_072, passes: 4 };

/** @throws ArchiveError `bad_passphrase` for fewer than 12 bytes or more than 1,024 */
export function demandUsable(passphrase: Uint8Array): void {
  if (passphrase.length >= MIN_PASSPHRASE_BYTES && passphrase.length <= MAX_PASSPHRASE_BYTES) return;
  throw new ArchiveError(
    'bad_passphrase',
    `a backup's passphrase has ${MIN_PASSPHRASE_BYTES} to ${MAX_PASSPHRASE_BYTES} bytes`,
    { hint: 'it alone guards the master key and every secret: take several words, or --recipient' },
  );
}

/** Draws the key of a new archive. Each archive has one of its own. @throws ArchiveError `bad_passphrase` */
export async function lock(locking: Locking): Promise<Locked> {
  if (locking.kind === 'passphrase') {
    demandUsable(locking.passphrase);
    const { cost = COST } = locking;
    const header: Header = { kind: 'passphrase', cost, salt: randomBytes(SALT_BYTES) };
    return derive(encodeHeader(header), await stretch(locking.passphrase, header));
  }
  const { id, publicKey } = locking.recipient;
  const { ciphertext, sharedSecret } = (await loadXWing()).encapsulate(publicKey);
  return derive(encodeHeader({ kind: 'recipient', id, kemCiphertext: ciphertext }), sharedSecret);
}

/**
 * Finds the key of an archive again.
 * @param headerBytes those that `header` was read from
 * @param mac what follows them
 * @throws ArchiveError `wrong_passphrase`, `other_recipient`; `altered` for a recipient's whose header is
 */
export async function unlock(
  header: Header,
  headerBytes: Uint8Array,
  mac: Uint8Array,
  unlocking: Unlocking,
): Promise<Aes256GcmKey> {
  const secret = await secretOf(header, unlocking);
  const locked = await derive(headerBytes, secret);
  // Commits to the key before anything is decrypted: GCM alone doesn't, and one ciphertext could be made to open under
  // two passphrases.
  if (constantTimeEqual(locked.mac, mac)) return locked.key;
  locked.key.dispose();
  if (header.kind === 'recipient') throw alteredHeader();
  throw new ArchiveError('wrong_passphrase', 'this is not the passphrase of the backup, or its header was altered');
}

async function secretOf(header: Header, unlocking: Unlocking): Promise<Uint8Array> {
  if (header.kind === 'passphrase') {
    const passphrase = await unlocking.passphrase();
    try {
      return await stretch(passphrase, header);
    } finally {
      wipe(passphrase);
    }
  }
  const { id, secretKey } = await unlocking.identity();
  try {
    if (!equalBytes(id, header.id)) {
      throw new ArchiveError(
        'other_recipient',
        `the backup is for recipient ${toHex(header.id)}, and this is the key of ${toHex(id)}`,
        { hint: 'name the other private key with --identity' },
      );
    }
    return await decapsulate(header.kemCiphertext, secretKey);
  } finally {
    secretKey.dispose();
  }
}

async function stretch(passphrase: Uint8Array, { cost, salt }: Header & { kind: 'passphrase' }): Promise<Uint8Array> {
  return (await loadArgon2id()).hash(passphrase, salt, cost, KEY_BYTES);
}

async function decapsulate(kemCiphertext: Uint8Array, secretKey: Secret<Uint8Array>): Promise<Uint8Array> {
  try {
    return (await loadXWing()).decapsulate(kemCiphertext, secretKey.expose());
  } catch (cause) {
    if (!(cause instanceof CryptoError) || cause.code !== 'forged') throw cause;
    throw alteredHeader(cause);
  }
}

/** Wipes `secret`. Every byte of the header goes into both keys, so that none of it can be exchanged. */
async function derive(header: Uint8Array, secret: Uint8Array): Promise<Locked> {
  const [hmac, sha256, aes256Gcm] = await Promise.all([loadHmacSha256(), loadSha256(), loadAes256Gcm()]);
  const info = encodeCanonical('vigo/archive-key/v1', sha256.digest(header));
  const keys = hmac.deriveKey({ secret, info }, 2 * KEY_BYTES);
  try {
    const mac = hmac.mac(keys.subarray(KEY_BYTES), header);
    return { header, mac, key: aes256Gcm.importKey(keys.subarray(0, KEY_BYTES)) };
  } finally {
    wipe(secret, keys);
  }
}

function alteredHeader(cause?: unknown): ArchiveError {
  return new ArchiveError('altered', "the backup's header was altered", { cause });
}
