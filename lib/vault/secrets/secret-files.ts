import { dirname } from 'node:path';
import type { Clock, KeyName } from '../../base/index.js';
import { ensureDir, FilesError, removeFile, writeFileAtomic } from '../../files/index.js';
import { VaultError } from '../errors.js';
import { demandFreeName, keyPath, pruneAbove } from '../format/key-tree.js';
import type { MasterKeys } from '../format/master-key.js';
import { sealFile } from '../format/seal.js';
import { type OpenedSecret, openCurrent, openKept } from '../format/stored-file.js';
import { MAX_VALUE_BYTES, type SecretKind, type VaultFileMeta } from '../format/vault-file.js';
import {
  demandNewest,
  ensureVersionsFolder,
  keepCurrent,
  keepWritten,
  keptPath,
  latestKept,
  numberToKeep,
  putBack,
} from '../format/versions.js';

export interface NewSecret {
  readonly value: Uint8Array;
  readonly kind: SecretKind;
  readonly meta: VaultFileMeta;
}

/** Compare and set: what the current version must be, 0 for none. */
export interface WriteCondition {
  readonly ifVersion?: number | undefined;
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

/** The same, undefined where there is none. */
export async function readIfThere(
  secretsDir: string,
  key: KeyName,
  keys: MasterKeys,
): Promise<OpenedSecret | undefined> {
  const opened = await openCurrent(secretsDir, key, keys);
  if (opened === undefined) return undefined;
  try {
    if (opened.header.meta.deleted !== undefined) throw putBack(key, opened.version, 'the secret was deleted');
    await demandNewest(secretsDir, key, opened.version);
  } catch (error) {
    opened.value.dispose();
    throw error;
  }
  return opened;
}

/**
 * Writes a new version; the one before it is kept.
 * @returns its version
 * @throws VaultError `value_too_large`, `name_conflict`, `version_conflict`, and what `readSecret` does
 */
export async function writeSecret(
  secretsDir: string,
  key: KeyName,
  secret: NewSecret,
  keys: MasterKeys,
  clock: Clock,
  condition: WriteCondition = {},
): Promise<number> {
  if (secret.value.length > MAX_VALUE_BYTES) {
    throw new VaultError('value_too_large', `the value of ${key} has ${secret.value.length} bytes`, {
      hint: `a secret has at most ${MAX_VALUE_BYTES} bytes (1 MiB)`,
    });
  }
  const current = await demandWritable(secretsDir, key, keys, condition);
  const version = Math.max(current, await latestKept(secretsDir, key)) + 1;
  const header = { version, kind: secret.kind, createdMs: clock.nowMs(), meta: secret.meta };
  const bytes = sealFile(key, header, secret.value, keys.current);
  if (version > 1) await ensureVersionsFolder(secretsDir, key);
  if (current > 0) await keepCurrent(secretsDir, key, current);
  const path = keyPath(secretsDir, key);
  await ensureDir(dirname(path), 0o700);
  await writeFileAtomic(path, bytes, { mode: 0o600 });
  await keepWritten(secretsDir, key, version);
  return version;
}

/** @returns the current version, 0 where there is none. @throws VaultError `name_conflict`, `version_conflict` */
export async function demandWritable(
  secretsDir: string,
  key: KeyName,
  keys: MasterKeys,
  condition: WriteCondition,
): Promise<number> {
  await demandFreeName(secretsDir, key);
  const current = await versionThere(secretsDir, key, keys);
  demandVersion(key, current, condition);
  return current;
}

/**
 * Deletes a secret; its last version is kept, also one that is damaged.
 * @returns that version. @throws VaultError `not_found`, `unknown_key`, `misplaced`, `version_conflict`
 */
export async function deleteSecret(
  secretsDir: string,
  key: KeyName,
  keys: MasterKeys,
  clock: Clock,
  condition: WriteCondition = {},
): Promise<number> {
  const version = await removeCurrent(secretsDir, key, keys, condition);
  await markDeleted(secretsDir, key, version, keys, clock);
  return version;
}

/** The same, for what is going to be buried: the kept version isn't marked. */
export async function removeCurrent(
  secretsDir: string,
  key: KeyName,
  keys: MasterKeys,
  condition: WriteCondition,
): Promise<number> {
  const version = await versionToKeep(secretsDir, key, keys);
  demandVersion(key, version, condition);
  await keepCurrent(secretsDir, key, version);
  const path = keyPath(secretsDir, key);
  await removeFile(path);
  await pruneAbove(secretsDir, path);
  return version;
}

/** The current version, 0 where there is none. @throws what `readSecret` does, except `not_found` */
export async function versionThere(secretsDir: string, key: KeyName, keys: MasterKeys): Promise<number> {
  const opened = await readIfThere(secretsDir, key, keys);
  opened?.value.dispose();
  return opened?.version ?? 0;
}

/** @throws VaultError `version_conflict` */
export function demandVersion(key: KeyName, current: number, { ifVersion }: WriteCondition): void {
  if (ifVersion === undefined || ifVersion === current) return;
  const found = current === 0 ? `there is no secret ${key}` : `${key} is at version ${current}`;
  throw new VaultError('version_conflict', `${found}, not at version ${ifVersion}; nothing was changed`, {
    hint: `see who changed it: vigocli secrets history ${key}`,
  });
}

export function notFound(key: KeyName): VaultError {
  return new VaultError('not_found', `there is no secret ${key}`, { hint: 'vigocli secrets list shows the names' });
}

/**
 * Says in the kept version, where it is authenticated, that the secret was deleted then: put back in its old place it is
 * refused, and so is an earlier copy, because it is another file than the kept one. The secret is gone by now: where the
 * disk refuses, or the file is damaged, that much stays undone.
 */
async function markDeleted(
  secretsDir: string,
  key: KeyName,
  version: number,
  keys: MasterKeys,
  clock: Clock,
): Promise<void> {
  try {
    const kept = await openKept(secretsDir, key, version, keys);
    if (kept === undefined || 'buried' in kept) return;
    const { header, value } = kept;
    const marked = { ...header, meta: { ...header.meta, deleted: clock.nowMs() } };
    const bytes = sealFile(key, marked, value.expose(), keys.current);
    value.dispose();
    await writeFileAtomic(keptPath(secretsDir, key, version), bytes, { mode: 0o600 });
  } catch (error) {
    if (!(error instanceof FilesError) && !(error instanceof VaultError)) throw error;
  }
}

async function versionToKeep(secretsDir: string, key: KeyName, keys: MasterKeys): Promise<number> {
  try {
    const version = await versionThere(secretsDir, key, keys);
    if (version === 0) throw notFound(key);
    return version;
  } catch (error) {
    // What such a file says about its version can't be believed.
    const unreliable = ['damaged', 'forged', 'version_mismatch'];
    if (error instanceof VaultError && unreliable.includes(error.code)) return numberToKeep(secretsDir, key);
    throw error;
  }
}
