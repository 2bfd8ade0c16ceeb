import { type Clock, type KeyName, utf8 } from '../../base/index.js';
import { writeFileAtomic } from '../../files/index.js';
import { hasFile } from '../format/key-tree.js';
import type { MasterKeys } from '../format/master-key.js';
import { sealFile } from '../format/seal.js';
import type { VaultFileMeta } from '../format/vault-file.js';
import { ensureVersionsFolder, keptPath, keptVersions, looksBuried, removeKept } from '../format/versions.js';
import { demandVersion, notFound, removeCurrent, type WriteCondition } from './secret-files.js';

/**
 * Removes a secret with all its versions, or what is left of a deleted one; nothing undoes it. A tombstone keeps the
 * number of the last version, so that the next one of this name is new to whoever saw the old ones.
 *
 * The secret is deleted first, then the tombstone takes the place of the newest version, which hides those before it,
 * and then they go. A crash on the way leaves a deleted secret or a purged one; doing it again does the rest.
 * @returns the last version
 * @throws VaultError `not_found`, `unknown_key`, `misplaced`, `version_conflict`
 */
export async function purgeSecret(
  secretsDir: string,
  key: KeyName,
  by: string,
  keys: MasterKeys,
  clock: Clock,
  condition: WriteCondition = {},
): Promise<number> {
  if (await hasFile(secretsDir, key)) await removeCurrent(secretsDir, key, keys, condition);
  else demandVersion(key, 0, condition);
  const kept = await keptVersions(secretsDir, key);
  const latest = kept.at(-1);
  if (latest === undefined || (kept.length === 1 && looksBuried(secretsDir, key, latest))) throw notFound(key);
  await bury(secretsDir, key, latest, { by }, keys, clock);
  return latest;
}

/** Leaves a tombstone in the place of this version and of all before it. Done already in part is fine. */
export async function bury(
  secretsDir: string,
  key: KeyName,
  version: number,
  meta: VaultFileMeta,
  keys: MasterKeys,
  clock: Clock,
): Promise<void> {
  await ensureVersionsFolder(secretsDir, key);
  const header = { version, kind: 'tombstone', createdMs: clock.nowMs(), meta } as const;
  const tombstone = sealFile(key, header, utf8(''), keys.current);
  await writeFileAtomic(keptPath(secretsDir, key, version), tombstone, { mode: 0o600 });
  for (const earlier of await keptVersions(secretsDir, key)) {
    if (earlier < version) await removeKept(secretsDir, key, earlier);
  }
}
