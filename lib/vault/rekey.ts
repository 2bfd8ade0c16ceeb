import { dirname } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { equalBytes } from '../base/index.js';
import { wipe } from '../crypto/index.js';
import { FilesError, readFileLimited, writeFileAtomic } from '../files/index.js';
import { VaultError } from './errors.js';
import { readHeader } from './format/header.js';
import { type KeyFiles, pathsOf, walkKeyFiles } from './format/key-files.js';
import { hasFile, keyPath, sweepTemporaries } from './format/key-tree.js';
import type { VaultLayout } from './format/layout.js';
import { addMasterKey, dropEarlierKeys, type MasterKeys } from './format/master-key.js';
import { openFile, sealFile } from './format/seal.js';
import { decodeVaultFile, MAX_FILE_BYTES } from './format/vault-file.js';
import { isKept, keepWritten, latestKept, removeKept } from './format/versions.js';

/**
 * So many names are done under one lock, side by side, because most of the time goes into waiting for the disk: a tenth
 * of a second or less where that is a good one, so that the pauses between turns are little beside it.
 */
const TURN_NAMES = 64;
/** Between two turns: whoever waits for the lock looks every few milliseconds, and must find it free some time. */
const PAUSE_MS = 10;

export interface RekeyOptions {
  /** Called after each turn: how many names are done, and of how many. */
  onProgress?: ((done: number, total: number) => void) | undefined;
  /** Drops the old key although there are files that no key opens. They are lost either way. */
  leaveUnreadable?: boolean | undefined;
}

export interface Rekeyed {
  /** How many names have their files under the new key. */
  readonly names: number;
  /** Whether it went on with what an earlier one had begun. */
  readonly resumed: boolean;
  /** The paths of the files that no key opens. */
  readonly unreadable: readonly string[];
}

/** Runs a piece of the work alone, with the master keys as they are then. */
export type Alone = <T>(work: (keys: MasterKeys) => Promise<T>) => Promise<T>;

/**
 * Replaces the master key while others read and write. The new key is put in front of the old one; from then on
 * everything new is encrypted under it. Name by name the rest is encrypted anew, with the same header but for the key's
 * id, and read back. When no file names the old key any more, the gate is closed and the old key dropped, under
 * one lock. At every instant each file names a key that is there; a crash leaves both keys, and doing it again goes on.
 * @throws VaultError `unreadable` where a file opens under no key; both keys stay then
 */
export async function rekey(
  layout: VaultLayout,
  alone: Alone,
  closeGate: () => Promise<void>,
  { onProgress, leaveUnreadable = false }: RekeyOptions,
): Promise<Rekeyed> {
  const resumed = await alone(async (keys) => {
    if (!keys.replacing) await addMasterKey(layout.keyFile, keys);
    return keys.replacing;
  });
  for (;;) {
    const names = await alone(() => allNames(layout));
    const unreadable = new Set<string>();
    for (let done = 0; done < names.length; ) {
      const turn = names.slice(done, done + TURN_NAMES);
      await alone((keys) => takeTurn(layout, turn, keys, unreadable));
      done += turn.length;
      onProgress?.(done, names.length);
      await setTimeout(PAUSE_MS);
    }
    if (unreadable.size > 0 && !leaveUnreadable) throw cantRead([...unreadable]);
    const complete = await alone(async (keys) => {
      if (!(await allUnder(layout, keys, unreadable))) return false;
      await closeGate(); // first, because the sentinel may name the old key
      await dropEarlierKeys(layout.keyFile, keys);
      await sweepTemporaries(dirname(layout.keyFile)); // a crash may have left a copy of the old one
      return true;
    });
    if (complete) return { names: names.length, resumed, unreadable: [...unreadable] };
  }
}

async function allNames(layout: VaultLayout): Promise<KeyFiles[]> {
  const names = new Map<string, KeyFiles>();
  for await (const { kind, name } of walkKeyFiles(layout)) names.set(`${kind} ${name}`, { kind, name });
  return [...names.values()];
}

async function takeTurn(
  layout: VaultLayout,
  turn: readonly KeyFiles[],
  keys: MasterKeys,
  unreadable: Set<string>,
): Promise<void> {
  // Whatever fails, the lock is held until the last one is done.
  const ended = await Promise.allSettled(turn.map((files) => encryptAnew(layout, files, keys, unreadable)));
  for (const end of ended) if (end.status === 'rejected') throw end.reason;
}

async function encryptAnew(
  layout: VaultLayout,
  files: KeyFiles,
  keys: MasterKeys,
  unreadable: Set<string>,
): Promise<void> {
  const isSecret = files.kind === 'secret';
  if (isSecret) await forgetSecondName(layout, files, keys);
  for (const path of await pathsOf(layout, files)) {
    if (isUnder(path, keys)) continue;
    try {
      const { header, headerBytes, sealed } = await readFile(path, files);
      const value = openFile(files.name, { header, headerBytes, sealed }, keys);
      const bytes = sealFile(files.name, header, value, keys.current);
      await writeFileAtomic(path, bytes, { mode: 0o600 });
      wipe(value);
      wipe(openFile(files.name, await readFile(path, files), keys));
    } catch (error) {
      if (!isDamage(error)) throw error;
      unreadable.add(path);
    }
  }
  if (isSecret && !unreadable.has(keyPath(layout.secretsDir, files.name))) await restoreSecondName(layout, files);
}

/**
 * The second name of the current file goes before it is encrypted anew and comes back after: encrypted one by one they
 * would become two files, and the current one would seem to have been put back.
 */
async function forgetSecondName({ secretsDir }: VaultLayout, { name }: KeyFiles, keys: MasterKeys): Promise<void> {
  if (!(await hasFile(secretsDir, name)) || isUnder(keyPath(secretsDir, name), keys)) return;
  const kept = await latestKept(secretsDir, name);
  const isNewest = readHeader(keyPath(secretsDir, name))?.version === kept;
  if (isNewest && (await isKept(secretsDir, name, kept))) await removeKept(secretsDir, name, kept);
}

/** Also where it had none: a crash right after a write leaves it so, and so did earlier releases. */
async function restoreSecondName({ secretsDir }: VaultLayout, { name }: KeyFiles): Promise<void> {
  const version = readHeader(keyPath(secretsDir, name))?.version ?? 0;
  if (version > 1 && version > (await latestKept(secretsDir, name))) await keepWritten(secretsDir, name, version);
}

async function allUnder(layout: VaultLayout, keys: MasterKeys, unreadable: ReadonlySet<string>): Promise<boolean> {
  for await (const { path } of walkKeyFiles(layout)) if (!unreadable.has(path) && !isUnder(path, keys)) return false;
  return true;
}

/** Whether the file says that it is under the current key. Whatever was written since that key is there, is. */
function isUnder(path: string, keys: MasterKeys): boolean {
  const header = readHeader(path);
  return header !== undefined && equalBytes(header.keyId, keys.current.id);
}

async function readFile(path: string, { name }: KeyFiles) {
  return decodeVaultFile(name, await readFileLimited(path, MAX_FILE_BYTES));
}

function isDamage(error: unknown): boolean {
  if (error instanceof FilesError) return error.code === 'too_large' || error.code === 'not_regular';
  return error instanceof VaultError && error.kind === 'corrupt';
}

function cantRead(paths: readonly string[]): VaultError {
  const [first, ...others] = paths;
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  return new VaultError('unreadable', `the old master key stays, because no key opens ${first}${more}`, {
    hint: 'restore them from a backup, or remove them, and run rekey again; --force drops the old key all the same',
  });
}
