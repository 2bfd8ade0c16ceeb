import { ByteReader, concatBytes, equalBytes, u8, u32, utf8 } from '../base/index.js';
import type { Argon2idCost } from '../crypto/index.js';
import { ArchiveError } from './errors.js';
import { RECIPIENT_ID_BYTES } from './recipient.js';

/** How the key of an archive is found: out of a passphrase, or by the holder of a private key. */
export type Header =
  | { readonly kind: 'passphrase'; readonly cost: Argon2idCost; readonly salt: Uint8Array }
  | { readonly kind: 'recipient'; readonly id: Uint8Array; readonly kemCiphertext: Uint8Array };

export const SALT_BYTES = 16;
const KEM_CIPHERTEXT_BYTES = 1120;

const MAGIC = utf8('VGA1');
const KIND_CODES = { passphrase: 1, recipient: 2 } as const;
/** Magic and kind, which say how long the rest is. */
export const PREFIX_BYTES: number = MAGIC.length + 1;
const REST_BYTES = {
  passphrase: 4 + 4 + SALT_BYTES,
  recipient: RECIPIENT_ID_BYTES + KEM_CIPHERTEXT_BYTES,
} as const;

// An archive that somebody else made must not exhaust this machine before anything in it is authenticated.
const MIN_MEMORY_KIB = 8;
const MAX_MEMORY_KIB = 1_048_576;
const MAX_PASSES = 16;

/** `"VGA1" | kind u8`, then `memory in KiB u32 | passes u32 | salt 16` or `recipient id 8 | X-Wing ciphertext 1120`. */
export function encodeHeader(header: Header): Uint8Array {
  const prefix = concatBytes(MAGIC, u8(KIND_CODES[header.kind]));
  if (header.kind === 'recipient') return concatBytes(prefix, header.id, header.kemCiphertext);
  return concatBytes(prefix, u32(header.cost.memoryKiB), u32(header.cost.passes), header.salt);
}

/**
 * How many bytes of header follow the first five.
 * @throws ArchiveError `not_archive`
 */
export function headerRestBytes(prefix: Uint8Array): number {
  return REST_BYTES[kindOf(prefix)];
}

/** @param bytes exactly those of a header. @throws ArchiveError `not_archive`, `too_costly` */
export function decodeHeader(bytes: Uint8Array): Header {
  const kind = kindOf(bytes);
  const reader = new ByteReader(bytes.subarray(PREFIX_BYTES));
  if (kind === 'recipient') return { kind, id: reader.bytes(RECIPIENT_ID_BYTES), kemCiphertext: reader.rest() };
  const cost = { memoryKiB: reader.u32(), passes: reader.u32() };
  demandAffordable(cost);
  return { kind, cost, salt: reader.rest() };
}

function kindOf(bytes: Uint8Array): Header['kind'] {
  const isOurs = bytes.length >= PREFIX_BYTES && equalBytes(bytes.subarray(0, MAGIC.length), MAGIC);
  if (isOurs && bytes[MAGIC.length] === KIND_CODES.passphrase) return 'passphrase';
  if (isOurs && bytes[MAGIC.length] === KIND_CODES.recipient) return 'recipient';
  throw new ArchiveError(
    'not_archive',
    isOurs ? 'it is of a kind that this program does not know' : 'it is no backup',
    {
      hint: isOurs ? 'use the version of Vigo that made it, or a newer one' : 'vigocli backup <file> makes one',
    },
  );
}

function demandAffordable({ memoryKiB, passes }: Argon2idCost): void {
  if (memoryKiB >= MIN_MEMORY_KIB && memoryKiB <= MAX_MEMORY_KIB && passes >= 1 && passes <= MAX_PASSES) return;
  throw new ArchiveError('too_costly', `its header asks for ${memoryKiB} KiB and ${passes} passes of Argon2id`, {
    hint: 'no version of Vigo makes such an archive: it was altered, or made to exhaust this machine',
  });
}
