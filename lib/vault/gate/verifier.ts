import {
  canonicalJson,
  fromBase64Url,
  fromUtf8,
  type Json,
  parseCanonicalJson,
  toBase64Url,
  utf8,
} from '../../base/index.js';
import { type Argon2idCost, constantTimeEqual, loadArgon2id, randomBytes, wipe } from '../../crypto/index.js';
import { createFileExclusive, FilesError, readFileLimited, writeFileAtomic } from '../../files/index.js';
import { VaultError } from '../errors.js';

/** Of the passphrase: Argon2id (RFC 9106) with parallelism 1. The costs stand in the file, so that they can rise. */
export interface Verifier {
  readonly memoryKiB: number;
  readonly passes: number;
  /** 16 bytes */
  readonly salt: Uint8Array;
  /** 32 bytes */
  readonly hash: Uint8Array;
}

/** Today's default; a verifier that costs less in either is replaced when its passphrase is next given. */
const COST: Argon2idCost = { memoryKiB: 65_536, passes: 3 };
const SALT_BYTES = 16;
const HASH_BYTES = 32;
const FORMAT = 'vigo/secrets-verifier/v1';
const MEMBERS = ['algorithm', 'format', 'hash', 'memory_kib', 'parallelism', 'passes', 'salt'];
const MAX_FILE_BYTES = 1024;
const MAX_PASSPHRASE_BYTES = 1024;
// A file that somebody else wrote must not exhaust this machine.
const MAX_MEMORY_KIB = 1_048_576;
const MAX_PASSES = 64;

/** @throws VaultError `bad_passphrase` for none at all or more than 1,024 bytes */
export function demandUsable(passphrase: Uint8Array): void {
  if (passphrase.length > 0 && passphrase.length <= MAX_PASSPHRASE_BYTES) return;
  throw new VaultError('bad_passphrase', `a passphrase has 1 to ${MAX_PASSPHRASE_BYTES} bytes`);
}

/** @throws VaultError `bad_passphrase` */
export async function makeVerifier(passphrase: Uint8Array, cost: Argon2idCost = COST): Promise<Verifier> {
  demandUsable(passphrase);
  const salt = randomBytes(SALT_BYTES);
  const { memoryKiB, passes } = cost;
  return { memoryKiB, passes, salt, hash: (await loadArgon2id()).hash(passphrase, salt, cost, HASH_BYTES) };
}

/** Whether it costs less to attack than one of today. */
export function isWeak({ memoryKiB, passes }: Argon2idCost): boolean {
  return memoryKiB < COST.memoryKiB || passes < COST.passes;
}

/** The verifier that takes the place of one that is cheaper to attack than today's; never cheaper in anything. */
export async function strongerVerifier(verifier: Verifier, passphrase: Uint8Array): Promise<Verifier | undefined> {
  if (!isWeak(verifier)) return undefined;
  return makeVerifier(passphrase, {
    memoryKiB: Math.max(verifier.memoryKiB, COST.memoryKiB),
    passes: Math.max(verifier.passes, COST.passes),
  });
}

/** Whether it is the passphrase; the comparison takes the same time wherever they differ. */
export async function verifyPassphrase(verifier: Verifier, passphrase: Uint8Array): Promise<boolean> {
  if (passphrase.length > MAX_PASSPHRASE_BYTES) return false;
  const hash = (await loadArgon2id()).hash(passphrase, verifier.salt, verifier, HASH_BYTES);
  const equal = constantTimeEqual(hash, verifier.hash);
  wipe(hash);
  return equal;
}

/** RFC 8785 JSON and a newline. */
export function encodeVerifier(verifier: Verifier): Uint8Array {
  const text = canonicalJson({
    format: FORMAT,
    algorithm: 'argon2id',
    memory_kib: verifier.memoryKiB,
    passes: verifier.passes,
    parallelism: 1,
    salt: toBase64Url(verifier.salt),
    hash: toBase64Url(verifier.hash),
  });
  return utf8(`${text}\n`);
}

/** @param path for the message. @throws VaultError `bad_verifier` */
export function decodeVerifier(path: string, bytes: Uint8Array): Verifier {
  try {
    const text = fromUtf8(bytes);
    const json = parseCanonicalJson(text.slice(0, -1));
    if (!text.endsWith('\n') || !isObject(json) || String(Object.keys(json)) !== String(MEMBERS)) throw bad(path);
    const { format, algorithm, memory_kib: memoryKiB, passes, parallelism, salt, hash } = json;
    if (format !== FORMAT || algorithm !== 'argon2id' || parallelism !== 1) throw bad(path);
    if (!isWithin(memoryKiB, 8, MAX_MEMORY_KIB) || !isWithin(passes, 1, MAX_PASSES)) throw bad(path);
    return { memoryKiB, passes, salt: field(path, salt, SALT_BYTES), hash: field(path, hash, HASH_BYTES) };
  } catch (cause) {
    throw cause instanceof VaultError ? cause : bad(path, cause);
  }
}

/** @throws FilesError `exists` */
export async function createVerifierFile(path: string, verifier: Verifier): Promise<void> {
  await createFileExclusive(path, encodeVerifier(verifier), { mode: 0o600 });
}

export async function replaceVerifierFile(path: string, verifier: Verifier): Promise<void> {
  await writeFileAtomic(path, encodeVerifier(verifier), { mode: 0o600 });
}

/** The bytes of the verifier's file, or undefined where there is none. @throws VaultError `bad_verifier` */
export async function readVerifierFile(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFileLimited(path, MAX_FILE_BYTES, { private: true });
  } catch (cause) {
    if (!(cause instanceof FilesError)) throw cause;
    if (cause.code === 'not_found') return undefined;
    throw new VaultError('bad_verifier', `the passphrase can't be checked: ${cause.message}`, {
      cause,
      hint: cause.hint,
    });
  }
}

function isObject(json: Json): json is { readonly [name: string]: Json } {
  return json !== null && typeof json === 'object' && !Array.isArray(json);
}

function isWithin(value: Json | undefined, min: number, max: number): value is number {
  return Number.isInteger(value) && (value as number) >= min && (value as number) <= max;
}

function field(path: string, value: Json | undefined, size: number): Uint8Array {
  const bytes = typeof value === 'string' ? fromBase64Url(value) : new Uint8Array();
  if (bytes.length !== size) throw bad(path);
  return bytes;
}

function bad(path: string, cause?: unknown): VaultError {
  return new VaultError('bad_verifier', `${path} is not the verifier of a passphrase`, {
    cause,
    hint: 'restore it from a backup',
  });
}
