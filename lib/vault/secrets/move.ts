import { dirname, join } from 'node:path';
import {
  type Clock,
  canonicalJson,
  fromUtf8,
  type KeyName,
  parseCanonicalJson,
  parseKeyName,
  utf8,
} from '../../base/index.js';
import { ensureDir, FilesError, readFileLimited, removeFile, writeFileAtomic } from '../../files/index.js';
import { VaultError } from '../errors.js';
import { demandFreeName, hasFile, keyPath, pruneAbove } from '../format/key-tree.js';
import type { MasterKeys } from '../format/master-key.js';
import { openFile, sealFile } from '../format/seal.js';
import { openKept } from '../format/stored-file.js';
import { decodeVaultFile, MAX_FILE_BYTES } from '../format/vault-file.js';
import {
  ensureVersionsFolder,
  keepWritten,
  keptPath,
  keptVersions,
  latestKept,
  looksBuried,
  removeKept,
} from '../format/versions.js';
import { readVersion } from './history.js';
import { bury } from './purge.js';
import { demandVersion, notFound, versionThere, type WriteCondition } from './secret-files.js';

/** A move under way. The versions get the next numbers of the new name, because none is ever used twice. */
export interface Move {
  readonly from: KeyName;
  readonly to: KeyName;
  /** The current version of `from`. */
  readonly version: number;
  /** The last version that `to` had before, 0 if none. */
  readonly base: number;
  /** What the current version becomes. */
  readonly target: number;
}

/** Below the secrets folder, where no key's file can be. */
export const MOVE_FILE = '.move';

/**
 * Gives a secret another name, with all its versions; each is encrypted anew, because its name is bound in.
 *
 * What is under way stands in a file of its own, encrypted like a secret, so that nobody else can order a move. The
 * versions come first, the current one last: with it the move has happened, and what is left of the old name goes.
 * Whatever stops it before undoes it, whatever stops it after finishes it: `settleMove`, before any other verb.
 * @returns the version under the new name
 * @throws VaultError `not_found`, `exists`, `name_conflict`, `version_conflict`, and what `readSecret` does, also for a
 * version that can't be opened
 */
export async function moveSecret(
  secretsDir: string,
  names: { from: KeyName; to: KeyName },
  by: string,
  keys: MasterKeys,
  clock: Clock,
  condition: WriteCondition = {},
): Promise<number> {
  const { from, to } = names;
  if (await hasFile(secretsDir, to)) throw exists(to);
  await demandFreeName(secretsDir, to);
  const version = await versionThere(secretsDir, from, keys);
  demandVersion(from, version, condition);
  if (version === 0) throw notFound(from);
  const earlier = await earlierVersions(secretsDir, from, version, keys);
  const base = await latestKept(secretsDir, to);
  const move = { from, to, version, base, target: base + earlier.length + 1 };
  await writeMoveFile(secretsDir, move, by, keys, clock);
  try {
    await copyVersions(secretsDir, move, [...earlier, version], keys);
  } catch (error) {
    await settleMove(secretsDir, by, keys, clock).catch(() => {}); // the first failure is the one to tell
    throw error;
  }
  await finishMove(secretsDir, move, by, keys, clock);
  return move.target;
}

/**
 * Ends a move that was stopped: undoes it where the new name isn't complete, finishes it where it is. Nothing to do in
 * the most cases, and then it takes one look.
 * @throws VaultError `damaged`, `forged`, `unknown_key` for a file that isn't ours
 */
export async function settleMove(secretsDir: string, by: string, keys: MasterKeys, clock: Clock): Promise<void> {
  const move = await readMoveFile(secretsDir, keys);
  if (move === undefined) return;
  const { to, base, target } = move;
  const there = await versionThere(secretsDir, to, keys);
  if (there === target) {
    await finishMove(secretsDir, move, by, keys, clock);
    return;
  }
  // An old file of a move, put back by hand, must not remove what was written since.
  if (there === 0) {
    for (const copy of await keptVersions(secretsDir, to)) if (copy > base) await removeKept(secretsDir, to, copy);
  }
  await removeFile(join(secretsDir, MOVE_FILE));
}

/** The versions that are kept and not gone for good, the lowest first. */
async function earlierVersions(secretsDir: string, key: KeyName, current: number, keys: MasterKeys): Promise<number[]> {
  const versions: number[] = [];
  for (const kept of (await keptVersions(secretsDir, key)).reverse()) {
    if (looksBuried(secretsDir, key, kept)) {
      await openKept(secretsDir, key, kept, keys); // throws where it only looks so
      break;
    }
    if (kept < current) versions.unshift(kept);
  }
  return versions;
}

/** @param versions of `from`, the lowest first, the current one last */
async function copyVersions(
  secretsDir: string,
  { from, to, base }: Move,
  versions: readonly number[],
  keys: MasterKeys,
): Promise<void> {
  for (const [i, version] of versions.entries()) {
    const { header, value } = await readVersion(secretsDir, from, version, keys);
    const copy = base + i + 1;
    const { restored = 0, ...others } = header.meta;
    const at = versions.indexOf(restored);
    const meta = at === -1 ? others : { ...others, restored: base + at + 1 };
    const bytes = sealFile(to, { ...header, version: copy, meta }, value.expose(), keys.current);
    value.dispose();
    const isCurrent = i === versions.length - 1;
    const path = isCurrent ? keyPath(secretsDir, to) : keptPath(secretsDir, to, copy);
    if (isCurrent) await ensureDir(dirname(path), 0o700);
    else await ensureVersionsFolder(secretsDir, to);
    await writeFileAtomic(path, bytes, { mode: 0o600 });
  }
}

/** Removes the old name, current version first: so its numbers never seem to have gone back. */
async function finishMove(secretsDir: string, move: Move, by: string, keys: MasterKeys, clock: Clock): Promise<void> {
  const { from, to, version, target } = move;
  await keepWritten(secretsDir, to, target);
  if ((await versionThere(secretsDir, from, keys)) === version) {
    await removeFile(keyPath(secretsDir, from));
    await pruneAbove(secretsDir, keyPath(secretsDir, from));
  }
  await bury(secretsDir, from, version, { by, moved_to: to }, keys, clock);
  await removeFile(join(secretsDir, MOVE_FILE));
}

async function writeMoveFile(
  secretsDir: string,
  { from, to, version, base, target }: Move,
  by: string,
  keys: MasterKeys,
  clock: Clock,
): Promise<void> {
  const header = { version, kind: 'move', createdMs: clock.nowMs(), meta: { by } } as const;
  const bytes = sealFile(MOVE_FILE, header, utf8(canonicalJson({ from, to, base, target })), keys.current);
  await writeFileAtomic(join(secretsDir, MOVE_FILE), bytes, { mode: 0o600 });
}

/** The move that is under way, or was stopped. @throws VaultError `damaged`, `forged`, `unknown_key` */
export async function readMoveFile(secretsDir: string, keys: MasterKeys): Promise<Move | undefined> {
  let bytes: Uint8Array;
  try {
    bytes = await readFileLimited(join(secretsDir, MOVE_FILE), MAX_FILE_BYTES);
  } catch (error) {
    if (error instanceof FilesError && error.code === 'not_found') return undefined;
    throw error;
  }
  const file = decodeVaultFile(MOVE_FILE, bytes);
  const value = openFile(MOVE_FILE, file, keys);
  if (file.header.kind !== 'move') throw new VaultError('forged', `${join(secretsDir, MOVE_FILE)} holds no move`);
  const { from, to, base, target } = parseCanonicalJson(fromUtf8(value)) as unknown as Move;
  return { from: parseKeyName(from), to: parseKeyName(to), version: file.header.version, base, target };
}

function exists(to: KeyName): VaultError {
  return new VaultError('exists', `there is a secret ${to} already`, {
    hint: `choose another name, or delete it first: vigocli secrets delete ${to}`,
  });
}
