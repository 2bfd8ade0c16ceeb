import type { KeyName } from '../../base/index.js';
import { VaultError, type VaultErrorCode } from '../errors.js';
import { readHeader } from '../format/header.js';
import { hasFile, keyPath } from '../format/key-tree.js';
import type { MasterKeys } from '../format/master-key.js';
import { type OpenedSecret, openKept } from '../format/stored-file.js';
import type { SecretKind, VaultFileHeader } from '../format/vault-file.js';
import { keptVersions, looksBuried, numberToKeep } from '../format/versions.js';
import { notFound, readIfThere, readSecret } from './secret-files.js';

/** One version of a secret, without its value. */
export interface SecretVersion {
  readonly version: number;
  readonly current: boolean;
  readonly createdMs: number;
  readonly kind: SecretKind;
  readonly by: string;
  readonly expiresMs: number | undefined;
  /** The version whose value it has, where it is a rollback. */
  readonly restoredFrom: number | undefined;
  /** When the secret was deleted, where this version was the current one then. */
  readonly deletedMs: number | undefined;
}

/** A version whose file doesn't open, and why. */
export interface DamagedVersion {
  readonly version: number;
  readonly problem: VaultErrorCode;
}

/** Versions that are gone for good: this one and all before it. */
export interface GoneVersions {
  readonly version: number;
  readonly atMs: number;
  readonly by: string;
  /** The name that the secret has now, where it was moved and not purged. */
  readonly movedTo: string | undefined;
}

export interface SecretHistory {
  /** The newest first. None of them is current where the secret was deleted. */
  readonly versions: readonly (SecretVersion | DamagedVersion)[];
  readonly gone: GoneVersions | undefined;
}

/** Reads every version of a secret, and authenticates each. @throws VaultError `not_found`, `misplaced` */
export async function readHistory(secretsDir: string, key: KeyName, keys: MasterKeys): Promise<SecretHistory> {
  const versions: (SecretVersion | DamagedVersion)[] = [];
  const current = await describeCurrent(secretsDir, key, keys);
  if (current !== undefined) versions.push(current);
  for (const version of (await keptVersions(secretsDir, key)).reverse()) {
    if (version === current?.version) continue; // one file under both names
    const kept = await describing(() => openKept(secretsDir, key, version, keys));
    if (kept === undefined) continue;
    if ('buried' in kept) return { versions, gone: describeGone(kept.buried) };
    versions.push('problem' in kept ? { version, ...kept } : describe(kept, false));
  }
  if (versions.length === 0) throw notFound(key);
  return { versions, gone: undefined };
}

/**
 * Opens the current version or a kept one.
 * @throws VaultError `not_found`, also for what was purged, and what `readSecret` does
 */
export async function readVersion(
  secretsDir: string,
  key: KeyName,
  version: number,
  keys: MasterKeys,
): Promise<OpenedSecret> {
  if (await hasFile(secretsDir, key)) {
    if (readHeader(keyPath(secretsDir, key))?.version === version) return readSecret(secretsDir, key, keys);
  }
  for (const later of await keptVersions(secretsDir, key)) {
    if (later < version || !looksBuried(secretsDir, key, later)) continue;
    const tombstone = await openKept(secretsDir, key, later, keys);
    if (tombstone !== undefined && 'buried' in tombstone) throw noVersion(key, version, 'it was removed for good');
  }
  const kept = await openKept(secretsDir, key, version, keys);
  if (kept === undefined || 'buried' in kept) throw noVersion(key, version);
  return kept;
}

/** The version before the current one; of a deleted secret the last one. @throws VaultError `not_found` */
export async function versionBefore(secretsDir: string, key: KeyName, current: number): Promise<number> {
  const kept = (await keptVersions(secretsDir, key)).filter((version) => current === 0 || version < current);
  const before = kept.at(-1);
  if (before === undefined && current === 0) throw notFound(key);
  if (before === undefined || looksBuried(secretsDir, key, before)) {
    throw new VaultError('not_found', `${key} has no earlier version`, { hint: `vigocli secrets history ${key}` });
  }
  return before;
}

async function describeCurrent(
  secretsDir: string,
  key: KeyName,
  keys: MasterKeys,
): Promise<SecretVersion | DamagedVersion | undefined> {
  const opened = await describing(() => readIfThere(secretsDir, key, keys));
  if (opened === undefined) return undefined;
  if ('problem' in opened) return { version: await numberToKeep(secretsDir, key), ...opened };
  return describe(opened, true);
}

async function describing<T>(open: () => Promise<T>): Promise<T | Pick<DamagedVersion, 'problem'>> {
  try {
    return await open();
  } catch (error) {
    if (!(error instanceof VaultError) || error.kind !== 'corrupt') throw error;
    return { problem: error.code };
  }
}

function describe({ version, kind, header, value }: OpenedSecret, current: boolean): SecretVersion {
  value.dispose();
  const { createdMs, meta } = header;
  const { by, expires: expiresMs, restored: restoredFrom, deleted: deletedMs } = meta;
  return { version, current, createdMs, kind, by, expiresMs, restoredFrom, deletedMs };
}

function describeGone({ version, createdMs, meta }: VaultFileHeader): GoneVersions {
  return { version, atMs: createdMs, by: meta.by, movedTo: meta.moved_to };
}

function noVersion(key: KeyName, version: number, why?: string): VaultError {
  const what = `there is no version ${version} of ${key}`;
  return new VaultError('not_found', why === undefined ? what : `${what}: ${why}`, {
    hint: `vigocli secrets history ${key}`,
  });
}
