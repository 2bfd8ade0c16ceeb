import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { equalBytes, type KeyName } from '../base/index.js';
import { ensureDir, errnoOf, FilesError, linkFile, readFileLimited, removeFile } from '../files/index.js';
import { VaultError } from './errors.js';
import { readHeader } from './header.js';
import { hasFile, keyPath, pruneAbove } from './key-tree.js';
import { MAX_FILE_BYTES } from './vault-file.js';

/** Where earlier versions lie; `@` is in no key's name, so that those of `a` and of `a/b` don't collide. */
export const VERSIONS = '.versions';
export const VERSION_NAME = /^@([1-9][0-9]{0,9})$/;

/** The numbers of the key's earlier versions that are kept, tombstone included, the lowest first. */
export async function keptVersions(secretsDir: string, key: KeyName): Promise<number[]> {
  const names = await readdir(versionsFolder(secretsDir, key)).catch((error) => {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  });
  const versions = names.map((name) => Number(VERSION_NAME.exec(name)?.[1] ?? 0));
  return versions.filter((version) => version > 0).sort((a, b) => a - b);
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
 * Gives the key's current file its second name, `.versions/<key>/@<version>`, before it is replaced or removed. A link
 * and not a move: at every instant the current value is there (N3). Done already is fine.
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
 * Demands that no later version than the current one was kept: an older file, put back by hand, is authentic, and
 * whoever compares versions would take it for old news.
 * @throws VaultError `version_mismatch`
 */
export async function demandNewest(secretsDir: string, key: KeyName, version: number): Promise<void> {
  const kept = await latestKept(secretsDir, key);
  // One file under both names is what a crash leaves between keeping the old version and writing the new one.
  if (version > kept || (version === kept && (await isKept(secretsDir, key, version)))) return;
  throw new VaultError('version_mismatch', `the file of ${key} is version ${version}, but there was a later one`, {
    hint: 'somebody put it there: delete the secret and set it again',
  });
}

/** Whether the current file, which says that it is this version, is kept under that number as well. */
export async function isKept(secretsDir: string, key: KeyName, version: number): Promise<boolean> {
  const current = keyPath(secretsDir, key);
  const kept = keptPath(secretsDir, key, version);
  if ((await lstat(current)).ino === (await lstat(kept)).ino) return true;
  return equalBytes(await readFileLimited(current, MAX_FILE_BYTES), await readFileLimited(kept, MAX_FILE_BYTES));
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
