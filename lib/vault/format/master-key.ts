import { ByteReader, concatBytes, encodeCanonical, equalBytes, Secret, u8, utf8 } from '../../base/index.js';
import { type Aes256GcmKey, loadAes256Gcm, loadSha256, randomBytes, wipe } from '../../crypto/index.js';
import { createFileExclusive, FilesError, readFileLimited, writeFileAtomic } from '../../files/index.js';
import { VaultError } from '../errors.js';
import { KEY_ID_BYTES } from './vault-file.js';

const MAGIC = utf8('VGK1');
const KEY_BYTES = 32;
const MAX_KEYS = 16;
const MAX_FILE_BYTES = MAGIC.length + 1 + MAX_KEYS * KEY_BYTES;

export interface MasterKey {
  /** The first 8 bytes of a domain-separated SHA-256 of the key; every file names its key by it. */
  readonly id: Uint8Array;
  readonly cipher: Aes256GcmKey;
  /** The 32 bytes themselves, to derive other keys from. */
  readonly secret: Secret<Uint8Array>;
}

/** The keys of a master key file: one, and while the key is being replaced more. */
export class MasterKeys {
  /** What everything new is encrypted under. */
  readonly current: MasterKey;
  readonly #all: readonly MasterKey[];

  constructor(current: MasterKey, earlier: readonly MasterKey[]) {
    this.current = current;
    this.#all = [current, ...earlier];
  }

  /** Whether there is another one than the current: the key is being replaced. */
  get replacing(): boolean {
    return this.#all.length > 1;
  }

  /** The ids of all of them, the current one first. */
  get ids(): readonly Uint8Array[] {
    return this.#all.map(({ id }) => id);
  }

  find(id: Uint8Array): MasterKey | undefined {
    return this.#all.find((key) => equalBytes(key.id, id));
  }

  dispose(): void {
    for (const key of this.#all) {
      key.cipher.dispose();
      key.secret.dispose();
    }
  }
}

/** `"VGK1" | count u8 | 32 bytes each`, the current key first. The caller wipes the result. */
export function encodeMasterKeyFile(keys: readonly Uint8Array[]): Uint8Array {
  return concatBytes(MAGIC, u8(keys.length), ...keys);
}

/** @returns views into `bytes`. @throws VaultError `bad_master_key` */
export function decodeMasterKeyFile(path: string, bytes: Uint8Array): [Uint8Array, ...Uint8Array[]] {
  if (bytes.length < MAGIC.length + 1 || !equalBytes(bytes.subarray(0, MAGIC.length), MAGIC)) {
    throw badMasterKey(path, 'it is too short or begins with something else');
  }
  const reader = new ByteReader(bytes.subarray(MAGIC.length));
  const count = reader.u8();
  if (count < 1 || count > MAX_KEYS || reader.remaining !== count * KEY_BYTES) {
    throw badMasterKey(path, `it has ${bytes.length} bytes, which doesn't fit the ${count} keys that it announces`);
  }
  const [current, ...earlier] = Array.from({ length: count }, () => reader.bytes(KEY_BYTES));
  if (current === undefined) throw badMasterKey(path, 'it holds no key');
  return [current, ...earlier];
}

/** Makes a master key file, mode 0600. @throws FilesError `exists` */
export async function createMasterKeyFile(path: string): Promise<void> {
  const key = randomBytes(KEY_BYTES);
  const bytes = encodeMasterKeyFile([key]);
  try {
    await createFileExclusive(path, bytes, { mode: 0o600 });
  } finally {
    wipe(key, bytes);
  }
}

/** Puts a new key in front of the present one, which stays for what is encrypted under it. */
export async function addMasterKey(path: string, keys: MasterKeys): Promise<void> {
  const key = randomBytes(KEY_BYTES);
  try {
    await replaceMasterKeyFile(path, [key, keys.current.secret.expose()]);
  } finally {
    wipe(key);
  }
}

/** Leaves the current key alone in the file. What is encrypted under another one is lost. */
export async function dropEarlierKeys(path: string, keys: MasterKeys): Promise<void> {
  await replaceMasterKeyFile(path, [keys.current.secret.expose()]);
}

async function replaceMasterKeyFile(path: string, keys: readonly Uint8Array[]): Promise<void> {
  const bytes = encodeMasterKeyFile(keys);
  try {
    await writeFileAtomic(path, bytes, { mode: 0o600 });
  } finally {
    wipe(bytes);
  }
}

/**
 * Reads the master keys. The caller disposes of them.
 * @returns undefined where there is no such file
 * @throws VaultError `exposed_master_key` unless it is a regular file, 0600 or tighter, of the user who runs this;
 * `bad_master_key` unless it is whole
 */
export async function loadMasterKeys(path: string): Promise<MasterKeys | undefined> {
  const bytes = await readKeyFile(path);
  return bytes === undefined ? undefined : importMasterKeys(path, bytes);
}

/** Wipes the bytes of a master key file, and gives its keys. @throws VaultError `bad_master_key` */
export async function importMasterKeys(path: string, bytes: Uint8Array): Promise<MasterKeys> {
  try {
    const [current, ...earlier] = decodeMasterKeyFile(path, bytes);
    return new MasterKeys(await importMasterKey(current), await Promise.all(earlier.map(importMasterKey)));
  } finally {
    wipe(bytes);
  }
}

async function importMasterKey(key: Uint8Array): Promise<MasterKey> {
  const [aes256Gcm, sha256] = await Promise.all([loadAes256Gcm(), loadSha256()]);
  return {
    id: sha256.digest(encodeCanonical('vigo/master-key-id/v1', key)).slice(0, KEY_ID_BYTES),
    cipher: aes256Gcm.importKey(key),
    secret: new Secret(key.slice()),
  };
}

async function readKeyFile(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFileLimited(path, MAX_FILE_BYTES, { private: true });
  } catch (cause) {
    if (!(cause instanceof FilesError)) throw cause;
    if (cause.code === 'not_found') return undefined;
    if (cause.code === 'too_large') throw badMasterKey(path, 'it is too large', cause);
    if (cause.code === 'not_regular' || cause.code === 'not_private') {
      throw new VaultError('exposed_master_key', `the master key is not safe: ${cause.message}`, {
        cause,
        hint: cause.hint ?? 'the master key must be a regular file that only its owner can read',
      });
    }
    throw cause;
  }
}

function badMasterKey(path: string, why: string, cause?: unknown): VaultError {
  return new VaultError('bad_master_key', `${path} is not a master key file: ${why}`, {
    cause,
    hint: 'restore it from a backup; without it every secret is lost',
  });
}
