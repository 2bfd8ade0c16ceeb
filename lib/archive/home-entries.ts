import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf, FilesError, filesError, isTemporaryName, openFileSync } from '../files/index.js';
import type { ArchiveEntry } from './entry.js';
import { isPartOfHome, parentOf, sortKey } from './path.js';

/** A private file as it was at one moment: lying somewhere that nobody else writes to, or its bytes. */
export interface FrozenFile {
  /** Where it belongs, below the home. */
  readonly path: string;
  readonly from: string | Uint8Array;
}

export interface HomeContent {
  /** The server's home. */
  readonly root: string;
  /** The vault and the database, frozen together. */
  readonly frozen: readonly FrozenFile[];
  /** The digest of the config that is live in that database. */
  readonly live: string | undefined;
  /** What `openTls` gave. */
  readonly tls: readonly ArchiveEntry[];
  /** Hears of what lies in the home and isn't copied. */
  readonly onLeftOut: (path: string, why: string) => void;
}

/** What is copied as it is found. A file that goes away meanwhile was deleted. */
const PLAIN = ['stacks', 'published', 'releases'] as const;
/** What a running server leaves, and what opens no restored one. */
const FLEETING = ['run', '.secrets-unlocked', '.secrets-failures'];

/**
 * The certificates, their keys and the chain of trust, each file open from now on: what takes a file's place has another
 * one, so that all of them are of this moment, however late they are copied. The caller keeps those away who replace them.
 */
export async function openTls({ root, onLeftOut }: Pick<HomeContent, 'root' | 'onLeftOut'>): Promise<ArchiveEntry[]> {
  const entries: ArchiveEntry[] = [];
  for await (const entry of plainEntries(root, 'tls', onLeftOut)) entries.push(entry);
  return entries;
}

/**
 * Everything of a home that belongs into an archive, in its order.
 * @throws FilesError where something can't be read
 */
export async function* homeEntries({ root, frozen, live, tls, onLeftOut }: HomeContent): AsyncGenerator<ArchiveEntry> {
  for (const name of await readdir(root)) {
    if (!isPartOfHome(name) && !FLEETING.includes(name) && !isTemporaryName(name)) {
      onLeftOut(name, "it is no part of a server's home");
    }
  }
  yield* frozenEntries(frozen);
  yield* plainEntries(root, 'server.yaml', onLeftOut);
  yield* tls;
  let hasLive = false;
  for (const part of PLAIN) {
    for await (const entry of plainEntries(root, part, onLeftOut)) {
      if (entry.path === `published/${live}`) hasLive = true;
      yield entry;
    }
  }
  if (live === undefined) return;
  const target = `published/${live}`;
  if (hasLive) yield { kind: 'link', path: '.live', target };
  else onLeftOut(target, 'the live config is missing');
}

/** Private all of them, with the folders that they lie in. */
function* frozenEntries(files: readonly FrozenFile[]): Generator<ArchiveEntry> {
  const known = new Set<string>();
  const sorted = files.map((file) => ({ file, key: sortKey(file.path) })).sort((a, b) => (a.key < b.key ? -1 : 1));
  for (const { file } of sorted) {
    yield* newFolders(parentOf(file.path), known);
    yield frozenEntry(file);
  }
}

function* newFolders(path: string | undefined, known: Set<string>): Generator<ArchiveEntry> {
  if (path === undefined || known.has(path)) return;
  yield* newFolders(parentOf(path), known);
  known.add(path);
  yield { kind: 'folder', path, mode: 0o700 };
}

function frozenEntry({ path, from }: FrozenFile): ArchiveEntry {
  const entry = { kind: 'file', path, mode: 0o600 } as const;
  if (typeof from !== 'string') return { ...entry, size: from.length, content: [from] };
  const file = openFileSync(from);
  return { ...entry, size: file.size, content: file.pieces() };
}

async function* plainEntries(
  root: string,
  path: string,
  onLeftOut: HomeContent['onLeftOut'],
): AsyncGenerator<ArchiveEntry> {
  const at = join(root, path);
  const found = await unlessGone(() => lstat(at), at);
  if (found === undefined) return;
  if (found.isFile()) {
    const file = await unlessGone(async () => openFileSync(at), at);
    if (file !== undefined) yield { kind: 'file', path, mode: file.mode, size: file.size, content: file.pieces() };
  } else if (found.isDirectory()) {
    yield { kind: 'folder', path, mode: found.mode & 0o777 };
    for (const name of sortNames((await unlessGone(() => readdir(at), at)) ?? [])) {
      if (isTemporaryName(name)) continue;
      // How Node shows a byte that isn't UTF-8: the file can't be found under this name.
      if (name.includes('\ufffd')) onLeftOut(join(path, name), "its name isn't UTF-8");
      else yield* plainEntries(root, `${path}/${name}`, onLeftOut);
    }
  } else {
    onLeftOut(path, found.isSymbolicLink() ? 'it is a symbolic link' : 'it is neither a file nor a folder');
  }
}

function sortNames(names: readonly string[]): string[] {
  const isDotted = (name: string) => name.startsWith('.');
  return [...names].sort((a, b) => Number(isDotted(b)) - Number(isDotted(a)) || (a < b ? -1 : 1));
}

async function unlessGone<T>(look: () => Promise<T>, path: string): Promise<T | undefined> {
  try {
    return await look();
  } catch (cause) {
    if (errnoOf(cause) === 'ENOENT' || (cause instanceof FilesError && cause.code === 'not_found')) return undefined;
    throw filesError('read', path, cause);
  }
}
