import { dirname, join } from 'node:path';
import {
  type Clock,
  canonicalJson,
  fromUtf8,
  type KeyName,
  parseCanonicalJson,
  parseKeyName,
  utf8,
} from '../base/index.js';
import { wipe } from '../crypto/index.js';
import { ensureDir, FilesError, readFileLimited, removeFile, writeFileAtomic } from '../files/index.js';
import { VaultError } from './errors.js';
import { demandFreeName, hasFile, keyPath, pruneAbove } from './key-tree.js';
import type { MasterKeys } from './master-key.js';
import { bury } from './purge.js';
import { openFile, sealFile } from './seal.js';
import { demandVersion, notFound, readIfThere, versionThere, type WriteCondition } from './secret-files.js';
import { type OpenedSecret, openKept } from './stored-file.js';
import { decodeVaultFile, MAX_FILE_BYTES } from './vault-file.js';
import { ensureVersionsFolder, keptPath, keptVersions, latestKept, removeKept } from './versions.js';

/** A move under way. Version `n` of `from` becomes `base + n` of `to`, because numbers are never used twice. */
interface Move {
  readonly from: KeyName;
  readonly to: KeyName;
  /** The current version of `from`. */
  readonly version: number;
  /** The last version that `to` had before, 0 if none. */
  readonly base: number;
}

/** Below the secrets folder, where no key's file can be. */
const MOVE_FILE = '.move';

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
  const move = { from, to, version, base: await latestKept(secretsDir, to) };
  await writeMoveFile(secretsDir, move, by, keys, clock);
  try {
    await copyVersions(secretsDir, move, keys);
  } catch (error) {
    await settleMove(secretsDir, by, keys, clock).catch(() => {}); // the first failure is the one to tell
    throw error;
  }
  await finishMove(secretsDir, move, by, keys, clock);
  return move.base + version;
}

/**
 * Ends a move that was stopped: undoes it where the new name isn't complete, finishes it where it is. Nothing to do in
 * the most cases, and then it takes one look.
 * @throws VaultError `damaged`, `forged`, `unknown_key` for a file that isn't ours
 */
export async function settleMove(secretsDir: string, by: string, keys: MasterKeys, clock: Clock): Promise<void> {
  const move = await readMoveFile(secretsDir, keys);
  if (move === undefined) return;
  const { to, version, base } = move;
  const there = await versionThere(secretsDir, to, keys);
  if (there === base + version) {
    await finishMove(secretsDir, move, by, keys, clock);
    return;
  }
  // An old file of a move, put back by hand, must not remove what was written since.
  if (there === 0) {
    for (const copy of await keptVersions(secretsDir, to)) if (copy > base) await removeKept(secretsDir, to, copy);
  }
  await removeFile(join(secretsDir, MOVE_FILE));
}

async function copyVersions(secretsDir: string, { from, to, version, base }: Move, keys: MasterKeys): Promise<void> {
  for (const kept of (await keptVersions(secretsDir, from)).reverse()) {
    if (kept >= version) continue;
    const opened = await openKept(secretsDir, from, kept, keys);
    if (opened === undefined) continue;
    if ('buried' in opened) break;
    await ensureVersionsFolder(secretsDir, to);
    await writeCopy(keptPath(secretsDir, to, base + kept), to, base, opened, keys);
  }
  const current = await readIfThere(secretsDir, from, keys);
  if (current === undefined) throw notFound(from);
  const path = keyPath(secretsDir, to);
  await ensureDir(dirname(path), 0o700);
  await writeCopy(path, to, base, current, keys);
}

async function writeCopy(
  path: string,
  to: KeyName,
  base: number,
  { header, value }: OpenedSecret,
  keys: MasterKeys,
): Promise<void> {
  const { restored } = header.meta;
  const meta = restored === undefined ? header.meta : { ...header.meta, restored: base + restored };
  const bytes = sealFile(to, { ...header, version: base + header.version, meta }, value.expose(), keys.current);
  value.dispose();
  await writeFileAtomic(path, bytes, { mode: 0o600 });
}

/** Removes the old name, current version first: so its numbers never seem to have gone back. */
async function finishMove(secretsDir: string, move: Move, by: string, keys: MasterKeys, clock: Clock): Promise<void> {
  const { from, to, version } = move;
  if ((await versionThere(secretsDir, from, keys)) === version) {
    await removeFile(keyPath(secretsDir, from));
    await pruneAbove(secretsDir, keyPath(secretsDir, from));
  }
  await bury(secretsDir, from, version, { by, moved_to: to }, keys, clock);
  await removeFile(join(secretsDir, MOVE_FILE));
}

async function writeMoveFile(
  secretsDir: string,
  { from, to, version, base }: Move,
  by: string,
  keys: MasterKeys,
  clock: Clock,
): Promise<void> {
  const header = { version, kind: 'move', createdMs: clock.nowMs(), meta: { by } } as const;
  const bytes = sealFile(MOVE_FILE, header, utf8(canonicalJson({ from, to, base })), keys.current);
  await writeFileAtomic(join(secretsDir, MOVE_FILE), bytes, { mode: 0o600 });
}

async function readMoveFile(secretsDir: string, keys: MasterKeys): Promise<Move | undefined> {
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
  const { from, to, base } = parseCanonicalJson(fromUtf8(value)) as { from: string; to: string; base: number };
  wipe(value);
  return { from: parseKeyName(from), to: parseKeyName(to), version: file.header.version, base };
}

function exists(to: KeyName): VaultError {
  return new VaultError('exists', `there is a secret ${to} already`, {
    hint: `choose another name, or delete it first: vigocli secrets delete ${to}`,
  });
}
