import { type KeyName, Secret } from '../../base/index.js';
import { FilesError, readFileLimited } from '../../files/index.js';
import { VaultError } from '../errors.js';
import { hasFile, keyPath } from './key-tree.js';
import type { MasterKeys } from './master-key.js';
import { openFile } from './seal.js';
import {
  decodeVaultFile,
  MAX_FILE_BYTES,
  type SecretKind,
  type VaultFile,
  type VaultFileHeader,
} from './vault-file.js';
import { keptName } from './versions.js';

/** A version of a secret, decrypted, with what is authenticated beside its value. */
export interface OpenedSecret {
  readonly version: number;
  readonly kind: SecretKind;
  readonly header: VaultFileHeader;
  readonly value: Secret<Uint8Array>;
}

/** Opens what lies in a secret's place. @returns undefined where nothing does. @throws what `readSecret` does */
export async function openCurrent(
  secretsDir: string,
  key: KeyName,
  keys: MasterKeys,
): Promise<OpenedSecret | undefined> {
  const file = await readStoredFile(secretsDir, key, key);
  return file === undefined ? undefined : openSecret(key, file, keys);
}

/**
 * Opens a kept version.
 * @returns undefined where it isn't kept, `buried` where its number belongs to a tombstone
 * @throws VaultError `damaged`, `forged`, `unknown_key`, `misplaced`
 */
export async function openKept(
  secretsDir: string,
  key: KeyName,
  version: number,
  keys: MasterKeys,
): Promise<OpenedSecret | { readonly buried: VaultFileHeader } | undefined> {
  const file = await readStoredFile(secretsDir, keptName(key, version), key);
  if (file === undefined) return undefined;
  if (file.header.version !== version) {
    throw new VaultError('forged', `the file of ${key}, version ${version}, is that of version ${file.header.version}`);
  }
  if (file.header.kind !== 'tombstone') return openSecret(key, file, keys);
  openFile(key, file, keys);
  return { buried: file.header };
}

/** Reads the file of this name below the secrets folder; nothing is decrypted. */
export async function readStoredFile(secretsDir: string, name: string, key: KeyName): Promise<VaultFile | undefined> {
  if (!(await hasFile(secretsDir, name))) return undefined;
  try {
    return decodeVaultFile(key, await readFileLimited(keyPath(secretsDir, name), MAX_FILE_BYTES));
  } catch (cause) {
    if (!(cause instanceof FilesError)) throw cause;
    if (cause.code === 'not_found') return undefined; // removed since we looked
    if (cause.code === 'not_regular') throw new VaultError('misplaced', cause.message, { cause });
    if (cause.code === 'too_large') throw new VaultError('damaged', cause.message, { cause });
    throw cause;
  }
}

function openSecret(key: KeyName, file: VaultFile, keys: MasterKeys): OpenedSecret {
  const { header } = file;
  const { version, kind } = header;
  if (kind !== 'raw' && kind !== 'password') {
    throw new VaultError('forged', `the file of ${key} holds ${NO_SECRETS[kind]}, which is no secret of the vault`);
  }
  return { version, kind, header, value: new Secret(openFile(key, file, keys)) };
}

const NO_SECRETS = { 'server-key': 'a key of the server', tombstone: 'a tombstone', move: 'a move' } as const;
