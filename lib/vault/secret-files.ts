import { dirname } from 'node:path';
import { type Clock, type KeyName, Secret } from '../base/index.js';
import { ensureDir, FilesError, readFileLimited, removeFile, writeFileAtomic } from '../files/index.js';
import { VaultError } from './errors.js';
import { demandFreeName, hasFile, keyPath, pruneAbove } from './key-tree.js';
import type { MasterKeys } from './master-key.js';
import { openFile, sealFile } from './seal.js';
import { decodeVaultFile, MAX_FILE_BYTES, MAX_VALUE_BYTES, type VaultFile } from './vault-file.js';
import { demandNewest, keepCurrent, latestKept } from './versions.js';

export type SecretKind = 'raw' | 'password';

export interface OpenedSecret {
  readonly version: number;
  readonly value: Secret<Uint8Array>;
}

/**
 * Opens the current version of a secret.
 * @throws VaultError `not_found`, `damaged`, `forged`, `unknown_key`, `misplaced`, `version_mismatch`
 */
export async function readSecret(secretsDir: string, key: KeyName, keys: MasterKeys): Promise<OpenedSecret> {
  const opened = await readIfThere(secretsDir, key, keys);
  if (opened === undefined) throw notFound(key);
  return opened;
}

/**
 * Writes a new version; the one before it is kept.
 * @returns its version. @throws VaultError `value_too_large`, `name_conflict`, and what `readSecret` does
 */
export async function writeSecret(
  secretsDir: string,
  key: KeyName,
  secret: { value: Uint8Array; kind: SecretKind; by: string },
  keys: MasterKeys,
  clock: Clock,
): Promise<number> {
  if (secret.value.length > MAX_VALUE_BYTES) {
    throw new VaultError('value_too_large', `the value of ${key} has ${secret.value.length} bytes`, {
      hint: `a secret has at most ${MAX_VALUE_BYTES} bytes (1 MiB)`,
    });
  }
  await demandFreeName(secretsDir, key);
  const before = await readIfThere(secretsDir, key, keys);
  before?.value.dispose();
  const version = Math.max(before?.version ?? 0, await latestKept(secretsDir, key)) + 1;
  const header = { version, kind: secret.kind, createdMs: clock.nowMs(), meta: { by: secret.by } };
  const bytes = sealFile(key, header, secret.value, keys.current);
  if (before !== undefined) await keepCurrent(secretsDir, key, before.version);
  const path = keyPath(secretsDir, key);
  await ensureDir(dirname(path), 0o700);
  await writeFileAtomic(path, bytes, { mode: 0o600 });
  return version;
}

/**
 * Removes a secret; its last version is kept, also one that is damaged.
 * @returns that version. @throws VaultError `not_found`, `unknown_key`, `misplaced`
 */
export async function removeSecret(secretsDir: string, key: KeyName, keys: MasterKeys): Promise<number> {
  const version = await versionToKeep(secretsDir, key, keys);
  await keepCurrent(secretsDir, key, version);
  const path = keyPath(secretsDir, key);
  await removeFile(path);
  await pruneAbove(secretsDir, path);
  return version;
}

async function versionToKeep(secretsDir: string, key: KeyName, keys: MasterKeys): Promise<number> {
  try {
    const { version, value } = await readSecret(secretsDir, key, keys);
    value.dispose();
    return version;
  } catch (error) {
    // What such a file says about its version can't be believed; the next number is free, and then it is used up.
    const unreliable = ['damaged', 'forged', 'version_mismatch'];
    if (error instanceof VaultError && unreliable.includes(error.code)) return (await latestKept(secretsDir, key)) + 1;
    throw error;
  }
}

async function readIfThere(secretsDir: string, key: KeyName, keys: MasterKeys): Promise<OpenedSecret | undefined> {
  const file = await readFileOf(secretsDir, key);
  if (file === undefined) return undefined;
  const { version, kind } = file.header;
  if (kind === 'server-key') {
    throw new VaultError('forged', `the file of ${key} holds a key of the server, which is no secret of the vault`);
  }
  const value = new Secret(openFile(key, file, keys));
  await demandNewest(secretsDir, key, version).catch((error) => {
    value.dispose();
    throw error;
  });
  return { version, value };
}

async function readFileOf(secretsDir: string, key: KeyName): Promise<VaultFile | undefined> {
  if (!(await hasFile(secretsDir, key))) return undefined;
  try {
    return decodeVaultFile(key, await readFileLimited(keyPath(secretsDir, key), MAX_FILE_BYTES));
  } catch (cause) {
    if (!(cause instanceof FilesError)) throw cause;
    if (cause.code === 'not_found') return undefined; // removed since we looked
    if (cause.code === 'not_regular') throw new VaultError('misplaced', cause.message, { cause });
    if (cause.code === 'too_large') throw new VaultError('damaged', cause.message, { cause });
    throw cause;
  }
}

function notFound(key: KeyName): VaultError {
  return new VaultError('not_found', `there is no secret ${key}`, { hint: 'vigocli secrets list shows the names' });
}
