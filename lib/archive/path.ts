import { ArchiveError } from './errors.js';

export type EntryKind = 'folder' | 'file' | 'link';

/** What a server's home consists of as far as it is kept, in the order in which an archive holds it. */
const ROOTS: readonly { readonly name: string; readonly kind: EntryKind; readonly isPrivate: boolean }[] = [
  { name: 'secrets', kind: 'folder', isPrivate: true },
  { name: 'secrets-verifier.json', kind: 'file', isPrivate: true },
  { name: 'keys', kind: 'folder', isPrivate: true },
  { name: 'db', kind: 'folder', isPrivate: true },
  { name: 'server.yaml', kind: 'file', isPrivate: false },
  { name: 'tls', kind: 'folder', isPrivate: false },
  { name: 'stacks', kind: 'folder', isPrivate: false },
  { name: 'published', kind: 'folder', isPrivate: false },
  { name: 'releases', kind: 'folder', isPrivate: false },
  { name: '.live', kind: 'link', isPrivate: false },
];

/** Beside the roots: a log of SQLite that was smuggled in beside the database would be played into it. */
const DATABASE = 'db/vigo.db';
/** The master key, which comes before everything that is encrypted under it. */
export const MASTER_KEY_PATH = 'secrets/.master.key';

export const MAX_PATH_BYTES = 4096;
const MAX_NAME_BYTES = 255;
const MAX_MODE = 0o777;
const LIVE_TARGET = /^published\/[0-9a-f]{64}$/;

/**
 * Demands that an entry may be part of a home: below one of its parts, without a name that leads elsewhere, not open
 * to others where it is private; and that the only link is the one to the live config.
 * @throws ArchiveError `bad_entry`
 */
export function demandEntry({ path, kind, mode }: { path: string; kind: EntryKind; mode: number }, target = ''): void {
  const [name = '', ...below] = path.split('/');
  const root = ROOTS.find((root) => root.name === name);
  if (root === undefined || (below.length === 0 ? kind !== root.kind : root.kind !== 'folder' || kind === 'link')) {
    throw badEntry(path, `no ${kind} of a server's home has that name`);
  }
  if (below.some((segment) => !isName(segment)) || Buffer.byteLength(path) > MAX_PATH_BYTES) {
    throw badEntry(path, 'this is no path');
  }
  if (root.name === 'db' && below.length > 0 && path !== DATABASE) throw badEntry(path, 'it is not the database');
  if (mode > MAX_MODE || (root.isPrivate && (mode & 0o077) !== 0)) {
    throw badEntry(path, `it has the mode ${mode.toString(8)}`);
  }
  if (kind === 'link' && !LIVE_TARGET.test(target))
    throw badEntry(path, 'it leads elsewhere than to a published config');
}

/**
 * Returns the mode that an entry gets when it is restored, whatever the archive says: a private key belongs to its
 * owner alone, and only the sources of the config may be written by their group.
 */
export function restoredMode(path: string, mode: number): number {
  const [root] = path.split('/');
  if (root === 'tls' && /key/i.test(path)) return mode & 0o700;
  return mode & (root === 'stacks' ? 0o775 : 0o755);
}

/**
 * A text by which paths are compared: in the order of the home's parts, a folder before what is in it, names that
 * begin with a dot before others, and then by their UTF-16 code units.
 */
export function sortKey(path: string): string {
  const [root, ...names] = path.split('/');
  const rank = String.fromCharCode(0x30 + ROOTS.findIndex(({ name }) => name === root));
  return [rank, ...names.map((name) => (name.startsWith('.') ? '\u0001' : '\u0002') + name)].join('\0');
}

export function parentOf(path: string): string | undefined {
  const end = path.lastIndexOf('/');
  return end === -1 ? undefined : path.slice(0, end);
}

export function isPartOfHome(name: string): boolean {
  return ROOTS.some((root) => root.name === name);
}

function isName(segment: string): boolean {
  if (segment === '' || segment === '.' || segment === '..' || segment.includes('\0')) return false;
  return Buffer.byteLength(segment) <= MAX_NAME_BYTES;
}

export function badEntry(path: string, why: string): ArchiveError {
  return new ArchiveError('bad_entry', `the backup holds ${JSON.stringify(path.slice(0, 200))}: ${why}`, {
    hint: 'no version of Vigo writes that: find out who made this backup',
  });
}
