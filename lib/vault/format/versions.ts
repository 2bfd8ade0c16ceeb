import { lstatSync, readdirSync } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { equalBytes, isKeyName, type KeyName } from '../../base/index.js';
import {
  ensureDir,
  errnoOf,
  FilesError,
  filesError,
  linkFile,
  readFileLimited,
  removeFile,
} from '../../files/index.js';
import { VaultError } from '../errors.js';
import { readHeader } from './header.js';
import { entriesOf, hasFile, keyPath, pruneAbove } from './key-tree.js';
import { MAX_FILE_BYTES, MAX_VERSION, type VaultFileHeader } from './vault-file.js';

/** Where every version but the first lies from its first write on, and that one once another took its place; `@` is in no key's name, so that those of `a` and of `a/b` don't collide. */
export const VERSIONS = '.versions';
const VERSION_NAME = /^@([1-9][0-9]{0,9})$/;

/** The numbers of the key's versions that are kept, tombstone and current one included, the lowest first. */
export async function keptVersions(secretsDir: string, key: KeyName): Promise<number[]> {
  const entries = await entriesOf(versionsFolder(secretsDir, key));
  return versionsAmong(entries.map(({ name }) => name));
}

function versionsAmong(names: readonly string[]): number[] {
  return names.flatMap((name) => versionNamed(name) ?? []).sort((a, b) => a - b);
}

/** The version whose file has this name, undefined for every other name. */
export function versionNamed(name: string): number | undefined {
  const version = Number(VERSION_NAME.exec(name)?.[1] ?? 0);
  return version > 0 && version <= MAX_VERSION ? version : undefined;
}

/** The highest version that is kept of the key, 0 if none. Versions go on from there, also after a delete. */
export async function latestKept(secretsDir: string, key: KeyName): Promise<number> {
  return (await keptVersions(secretsDir, key)).at(-1) ?? 0;
}

/**
 * Whether the file of this number says that it is a tombstone. What it says isn't authenticated: whoever relies on it
 * opens the file.
 */
export function looksBuried(secretsDir: string, key: KeyName, version: number): boolean {
  return readHeader(keptPath(secretsDir, key, version))?.kind === 'tombstone';
}

/**
 * Gives the key's current file its second name, `.versions/<key>/@<version>`, at the latest before it is replaced or
 * removed. A link and not a move: at every instant the current value is there (N3). Done already is fine.
 */
export async function keepCurrent(secretsDir: string, key: KeyName, version: number): Promise<void> {
  await ensureVersionsFolder(secretsDir, key);
  try {
    await linkFile(keyPath(secretsDir, key), keptPath(secretsDir, key, version));
  } catch (error) {
    if (!(error instanceof FilesError) || error.code !== 'exists') throw error;
    await demandNewest(secretsDir, key, version);
  }
}

/**
 * The same right after a version was written, so that the one before it can't take its place unnoticed. The first
 * version follows none, so a secret that never changes needs no folder of versions. The write is done: where the disk
 * refuses now, the next write makes up for it.
 */
export async function keepWritten(secretsDir: string, key: KeyName, version: number): Promise<void> {
  if (version === 1) return;
  await keepCurrent(secretsDir, key, version).catch((error) => {
    if (!(error instanceof FilesError)) throw error;
  });
}

/**
 * Demands that no later version than the current one is kept: an older file, put back by hand, is authentic, and
 * whoever compares versions would take it for old news.
 * @throws VaultError `version_mismatch`
 */
export async function demandNewest(secretsDir: string, key: KeyName, version: number): Promise<void> {
  const kept = await latestKept(secretsDir, key);
  // A version without its second name is the first one, or what a crash right after its write left.
  if (version > kept || (version === kept && (await isKept(secretsDir, key, version)))) return;
  throw putBack(key, version, `there is a version ${kept}`);
}

/** Of a file that is authentic, but not what should be in its place. */
export function putBack(key: KeyName, version: number, why: string): VaultError {
  return new VaultError('version_mismatch', `the file of ${key} is version ${version}, but ${why}`, {
    hint: `an older file was put back: delete ${key}, then choose from: vigocli secrets history ${key}`,
  });
}

/**
 * What `latestKept` gives, of every name at or below one that has kept versions. Synchronous for the same reason as
 * `readHeader`.
 */
export function latestKeptBelow(secretsDir: string, prefix = ''): Map<string, number> {
  const latest = new Map<string, number>();
  const enter = (name: string) => {
    for (const entry of readdirSync(join(secretsDir, VERSIONS, name), { withFileTypes: true })) {
      const version = versionNamed(entry.name);
      if (version !== undefined) latest.set(name, Math.max(version, latest.get(name) ?? 0));
      else if (entry.isDirectory() && isKeyName(entry.name)) enter(name === '' ? entry.name : `${name}/${entry.name}`);
    }
  };
  if (lstatSync(join(secretsDir, VERSIONS, prefix), { throwIfNoEntry: false })?.isDirectory()) enter(prefix);
  return latest;
}

/** What `demandNewest` demands, as far as links and headers tell, which aren't authenticated. */
export function looksNewest(secretsDir: string, key: KeyName, header: VaultFileHeader, latest: number): boolean {
  if (header.version !== latest) return header.version > latest;
  const kept = keptPath(secretsDir, key, latest);
  const [one, other] = [keyPath(secretsDir, key), kept].map((path) => lstatSync(path, { throwIfNoEntry: false })?.ino);
  return one === other || isDeepStrictEqual(header, readHeader(kept));
}

/** The number of a file that doesn't tell its own: under which it is kept already, or the next one. */
export async function numberToKeep(secretsDir: string, key: KeyName): Promise<number> {
  const latest = await latestKept(secretsDir, key);
  return latest > 0 && (await isKept(secretsDir, key, latest)) ? latest : latest + 1;
}

/** Whether the current file is kept under this number as well: one file, or a copy where a backup knew no links. */
export async function isKept(secretsDir: string, key: KeyName, version: number): Promise<boolean> {
  const current = keyPath(secretsDir, key);
  const kept = keptPath(secretsDir, key, version);
  try {
    const [one, other] = [await lstat(current), await lstat(kept)];
    if (one.ino === other.ino) return true;
    if (one.size !== other.size) return false;
    return equalBytes(await readFileLimited(current, MAX_FILE_BYTES), await readFileLimited(kept, MAX_FILE_BYTES));
  } catch (error) {
    // The server looks without the lock: one of the two may have gone since.
    if (errnoOf(error) === 'ENOENT' || (error instanceof FilesError && error.code === 'not_found')) return false;
    throw filesError('look at', current, error);
  }
}

/** Removes a kept version for good; not there is fine. The folder stays while there is something in it. */
export async function removeKept(secretsDir: string, key: KeyName, version: number): Promise<void> {
  const path = keptPath(secretsDir, key, version);
  try {
    await removeFile(path);
  } catch (error) {
    if (!(error instanceof FilesError) || error.code !== 'not_found') throw error;
    return;
  }
  await pruneAbove(secretsDir, path);
}

/** Makes the folder of the key's versions. @throws VaultError `misplaced` for a link on the way there */
export async function ensureVersionsFolder(secretsDir: string, key: KeyName): Promise<void> {
  await hasFile(secretsDir, `${VERSIONS}/${key}`);
  await ensureDir(versionsFolder(secretsDir, key), 0o700);
}

/** The name of a kept version's file below the secrets folder. */
export function keptName(key: KeyName, version: number): string {
  return `${VERSIONS}/${key}/@${version}`;
}

export function keptPath(secretsDir: string, key: KeyName, version: number): string {
  return keyPath(secretsDir, keptName(key, version));
}

function versionsFolder(secretsDir: string, key: KeyName): string {
  return keyPath(join(secretsDir, VERSIONS), key);
}
