import {
  ByteReader,
  canonicalJson,
  concatBytes,
  equalBytes,
  fromUtf8,
  type Json,
  parseCanonicalJson,
  u8,
  u16,
  u32,
  u64,
  utf8,
} from '../../base/index.js';
import { VaultError } from '../errors.js';

/** What a secret's file holds. */
export type SecretKind = 'raw' | 'password';

/**
 * What any file holds. A `server-key` is never a secret, wherever its file lies. A `tombstone` holds nothing: it stands
 * for versions that are gone for good, so that their numbers are never used again. A `move` is one under way.
 */
export type VaultFileKind = SecretKind | 'server-key' | 'tombstone' | 'move';

/** RFC 8785 JSON; `by` says who wrote the file. Members that this version doesn't know are kept. */
export type VaultFileMeta = {
  readonly by: string;
  /** Of a secret that should be replaced by then: milliseconds since 1970. */
  readonly expires?: number;
  /** Of a rollback: the version that the value comes from. */
  readonly restored?: number;
  /** Of the version that was current when its secret was deleted: milliseconds since 1970. */
  readonly deleted?: number;
  /** Of the tombstone that a moved secret leaves: where it went. */
  readonly moved_to?: string;
  readonly [name: string]: Json;
};

export interface VaultFileHeader {
  /** 8 bytes that name the master key. */
  readonly keyId: Uint8Array;
  /** 1 or more. Every change of a secret has a higher one. */
  readonly version: number;
  readonly kind: VaultFileKind;
  readonly createdMs: number;
  readonly meta: VaultFileMeta;
}

export interface VaultFile {
  readonly header: VaultFileHeader;
  /** The header as it stood in the file, which is what is authenticated. */
  readonly headerBytes: Uint8Array;
  /** `nonce 12 | ciphertext | tag 16` */
  readonly sealed: Uint8Array;
}

export const KEY_ID_BYTES = 8;
/** The most bytes of a value: 1 MiB. */
export const MAX_VALUE_BYTES = 1_048_576;
/** What its four bytes hold. */
export const MAX_VERSION = 0xffff_ffff;
/** The last time that is a date (ECMA-262, time values): a forged one must not end whoever prints it. */
const MAX_TIME_MS = 8.64e15;
const MAGIC = utf8('VGS1');
const SEAL_BYTES = 12 + 16;
const FIXED_HEADER_BYTES = MAGIC.length + KEY_ID_BYTES + 4 + 1 + 8 + 2;
const MAX_META_BYTES = 1024;
export const MAX_HEADER_BYTES = FIXED_HEADER_BYTES + MAX_META_BYTES;
export const MAX_FILE_BYTES = MAX_HEADER_BYTES + SEAL_BYTES + MAX_VALUE_BYTES;

const KIND_CODES: Readonly<Record<VaultFileKind, number>> = {
  raw: 1,
  password: 2,
  'server-key': 3,
  tombstone: 4,
  move: 5,
};
const KINDS = Object.keys(KIND_CODES) as VaultFileKind[];

/**
 * `"VGS1" | key id 8 | version u32 | kind u8 | created ms u64 | meta length u16 | meta`, big endian.
 * @throws VaultError `damaged` for more than 1,024 bytes of meta
 */
export function encodeHeader(header: VaultFileHeader): Uint8Array {
  const meta = utf8(canonicalJson(header.meta));
  if (meta.length > MAX_META_BYTES)
    throw new VaultError('damaged', `a file of the vault has ${meta.length} bytes of meta`);
  return concatBytes(
    MAGIC,
    header.keyId,
    u32(header.version),
    u8(KIND_CODES[header.kind]),
    u64(header.createdMs),
    u16(meta.length),
    meta,
  );
}

/**
 * Reads a header off the beginning of `bytes`; what follows it is ignored. Nothing here is authenticated yet.
 * @param name of the secret, for the message
 * @throws VaultError `damaged`
 */
export function decodeHeader(name: string, bytes: Uint8Array): { header: VaultFileHeader; length: number } {
  try {
    const reader = new ByteReader(bytes);
    if (!equalBytes(reader.bytes(MAGIC.length), MAGIC)) throw damaged(name, "it doesn't begin like one");
    const keyId = reader.bytes(KEY_ID_BYTES);
    const version = reader.u32();
    if (version === 0) throw damaged(name, 'it has no version');
    const kind = kindOf(name, reader.u8());
    const createdMs = reader.u64();
    if (createdMs > MAX_TIME_MS) throw damaged(name, 'it was written at no time');
    const meta = parseMeta(name, reader.bytes(metaLength(name, reader.u16())));
    return { header: { keyId, version, kind, createdMs, meta }, length: reader.offset };
  } catch (cause) {
    throw cause instanceof VaultError ? cause : damaged(name, 'its header is cut short or altered', cause);
  }
}

/** Takes a file apart: header and sealed value. @throws VaultError `damaged` */
export function decodeVaultFile(name: string, bytes: Uint8Array): VaultFile {
  const { header, length } = decodeHeader(name, bytes);
  const sealed = bytes.subarray(length);
  if (sealed.length < SEAL_BYTES) throw damaged(name, 'it is cut short');
  if (sealed.length > SEAL_BYTES + MAX_VALUE_BYTES) throw damaged(name, 'it is too large');
  return { header, headerBytes: bytes.subarray(0, length), sealed };
}

/** What is authenticated beside the value: the header, so that no field of it can be altered; then the key's name, so
 * that the file of one secret is refused in the place of another. */
export function associatedData(headerBytes: Uint8Array, name: string): Uint8Array {
  const nameBytes = utf8(name);
  return concatBytes(headerBytes, u16(nameBytes.length), nameBytes);
}

function kindOf(name: string, code: number): VaultFileKind {
  const kind = KINDS.find((kind) => KIND_CODES[kind] === code);
  if (kind === undefined) throw damaged(name, `it is of the unknown kind ${code}`);
  return kind;
}

function metaLength(name: string, length: number): number {
  if (length > MAX_META_BYTES) throw damaged(name, 'its meta is too long');
  return length;
}

function parseMeta(name: string, bytes: Uint8Array): VaultFileMeta {
  const meta = parseCanonicalJson(fromUtf8(bytes));
  if (meta === null || typeof meta !== 'object' || !('by' in meta) || typeof meta.by !== 'string') {
    throw damaged(name, "it doesn't say who wrote it");
  }
  const { expires = 0, restored = 1, deleted = 0, moved_to = '' } = meta as { readonly [name: string]: Json };
  if (![expires, restored, deleted].every(isCounter) || typeof moved_to !== 'string') {
    throw damaged(name, 'its meta has members of another type');
  }
  return meta as VaultFileMeta;
}

/** A number of versions, or a time. */
function isCounter(value: Json): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= MAX_TIME_MS;
}

function damaged(name: string, why: string, cause?: unknown): VaultError {
  return new VaultError('damaged', `the file of ${name} is not a vault file: ${why}`, {
    cause,
    hint: 'restore it from a backup, or delete the secret and set it again',
  });
}
