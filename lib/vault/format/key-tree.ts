import { type Dirent, lstatSync, type Stats } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isKeyName, type KeyName } from '../../base/index.js';
import { errnoOf, filesError, isTemporaryName, removeEmptyDir, removeFile } from '../../files/index.js';
import { VaultError } from '../errors.js';

/** The file of a key is the path of the same name below the folder (V1). */
export function keyPath(dir: string, key: string): string {
  return join(dir, ...key.split('/'));
}

/**
 * Whether the key has a file: a regular one, reached through folders only.
 * @throws VaultError `misplaced` where a link or a device stands on the way, so that nothing is ever read or written
 * outside the vault
 */
export async function hasFile(dir: string, key: string): Promise<boolean> {
  const found = await lookUp(dir, key);
  return found.what === 'file' && found.at === key;
}

/**
 * Demands that the key may have a file: `a` and `a/b` can't both be files.
 * @throws VaultError `name_conflict`, naming the other key; `misplaced`
 */
export async function demandFreeName(dir: string, key: KeyName): Promise<void> {
  const found = await lookUp(dir, key);
  if (found.what === 'file' && found.at !== key) throw conflict(key, found.at);
  if (found.what !== 'folder') return;
  const [below] = await keysBelow(dir, key);
  if (below !== undefined) throw conflict(key, below);
  await removeHusk(keyPath(dir, key));
}

/** The names of all keys that have a file, in no particular order, below a folder of the vault. */
export async function keysBelow(dir: string, prefix = ''): Promise<KeyName[]> {
  const entries = await entriesOf(keyPath(dir, prefix));
  // Side by side, because most of the time goes into waiting for the thread pool.
  const keys = entries.map((entry): KeyName[] | Promise<KeyName[]> => {
    const name = prefix === '' ? entry.name : `${prefix}/${entry.name}`;
    if (!isKeyName(name)) return [];
    if (entry.isDirectory()) return keysBelow(dir, name);
    return entry.isFile() ? [name] : [];
  });
  return (await Promise.all(keys)).flat();
}

/** The paths of all files below the folder, whatever they are, temporary ones excepted. */
export async function* filesBelow(dir: string): AsyncGenerator<string> {
  for (const entry of await entriesOf(dir)) {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) yield* filesBelow(path);
    else if (!isTemporaryName(entry.name)) yield path;
  }
}

/** Removes the temporary files that a crash left right in the folder. Only for who holds the vault's lock. */
export async function sweepTemporaries(folder: string): Promise<void> {
  for (const { name } of await entriesOf(folder)) if (isTemporaryName(name)) await removeFile(join(folder, name));
}

/** Removes the folders above a removed file that are empty now, up to `dir`. */
export async function pruneAbove(dir: string, path: string): Promise<void> {
  for (let folder = dirname(path); folder !== dir; folder = dirname(folder)) {
    if (!(await removeEmptyDir(folder))) return;
  }
}

type Found = { what: 'file' | 'folder'; at: string } | { what: 'nothing' };

/** Goes down a key's path, segment by segment, to the first file or to the end. */
async function lookUp(dir: string, key: string): Promise<Found> {
  const segments = key.split('/');
  for (let depth = 1; depth <= segments.length; depth++) {
    const at = segments.slice(0, depth).join('/');
    const stats = statsOf(keyPath(dir, at));
    if (stats === undefined) return { what: 'nothing' };
    if (stats.isFile()) return { what: 'file', at };
    if (!stats.isDirectory()) {
      const what = stats.isSymbolicLink() ? 'a symbolic link' : 'neither a file nor a folder';
      throw new VaultError('misplaced', `${keyPath(dir, at)} is ${what}`, {
        hint: 'the vault holds folders and regular files only: remove it',
      });
    }
  }
  return { what: 'folder', at: key };
}

/** Synchronous, because it takes two microseconds, and ten times that through the thread pool. */
function statsOf(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (cause) {
    throw filesError('look at', path, cause);
  }
}

/** Nothing where there is no such folder. */
export async function entriesOf(folder: string): Promise<Dirent[]> {
  return readdir(folder, { withFileTypes: true }).catch((error) => {
    if (['ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? '')) return [];
    throw filesError('read the folder', folder, error);
  });
}

/** Removes what a crash may leave of a folder that holds no key: empty folders and temporary files. */
async function removeHusk(folder: string): Promise<void> {
  for (const entry of await entriesOf(folder)) if (entry.isDirectory()) await removeHusk(join(folder, entry.name));
  await sweepTemporaries(folder);
  if (!(await removeEmptyDir(folder))) {
    throw new VaultError('misplaced', `${folder} holds something that is no secret`, {
      hint: 'the vault holds nothing else: remove it',
    });
  }
}

function conflict(key: string, other: string): VaultError {
  return new VaultError('name_conflict', `${key} can't be set, because there is ${other}`, {
    hint: 'a key is a file below the folders that its slashes name; choose another name',
  });
}
