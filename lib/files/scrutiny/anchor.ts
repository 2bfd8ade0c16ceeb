import { constants, type Stats } from 'node:fs';
import { type FileHandle, lstat, open, readlink } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { errnoOf, FilesError, filesError } from '../errors.js';

/** The kernel's own limit (path_resolution(7)). */
const MAX_LINKS = 40;
/** open(2): a handle that only stands for a place, so that the folder needn't be readable. `node:fs` doesn't name it. */
const O_PATH = 0o10000000;
const STICKY = 0o1000;

/** What is known of the folders that a path leads through. */
export interface FoldersAbove {
  /** The one that holds the file. */
  readonly folder: Stats;
  /**
   * The first folder that belongs to somebody else than root and the user of this process, by its path as it was
   * walked: its owner can set a default ACL, which every file and folder below it inherits.
   */
  readonly foreign: string | undefined;
  /** Who can have exchanged one of them for another folder, beside root and the user of this process. */
  readonly exchangers: ReadonlySet<number | 'anybody'>;
}

/**
 * Runs `act` with a path to the same file that leads through an open handle of its folder (`/proc/self/fd/<n>/<name>`),
 * so that nobody can exchange a folder for a link between a look and a change. On the way there a symbolic link is
 * followed only where nobody but root and the user of this process can have put it: else whoever owns a folder above
 * the file would lead a privileged writer anywhere. Linux alone.
 * @param path absolute. What has this name itself isn't looked at.
 * @throws FilesError `not_found`, `not_regular`, and what `act` throws, with the real path in the message.
 */
export async function withAnchoredPath<T>(
  path: string,
  act: (anchored: string, above: FoldersAbove) => Promise<T>,
): Promise<T> {
  const { folder, above } = await openFolder(dirname(path));
  const anchored = childOf(folder, basename(path));
  try {
    return await act(anchored, above);
  } catch (cause) {
    if (!(cause instanceof FilesError)) throw cause;
    const message = cause.message.replaceAll(anchored, path);
    throw new FilesError(cause.code, path, message, { cause, hint: cause.hint?.replaceAll(anchored, path) });
  } finally {
    await folder.close();
  }
}

async function openFolder(path: string): Promise<{ folder: FileHandle; above: FoldersAbove }> {
  let folder = await open('/', O_PATH | constants.O_DIRECTORY);
  const ahead = namesOf(path);
  let links = 0;
  let at = '';
  let foreign: string | undefined;
  const exchangers = new Set<number | 'anybody'>();
  try {
    for (let name = ahead.shift(); name !== undefined; name = ahead.shift()) {
      const target = await linkTarget(folder, name, path);
      if (target === undefined) {
        const holder = await folder.stat();
        folder = await exchange(folder, childOf(folder, name));
        at += `/${name}`;
        const found = await folder.stat();
        if (!isOurs(found.uid)) foreign ??= at;
        const exchanger = exchangerOf(found, holder);
        if (exchanger !== undefined) exchangers.add(exchanger);
      } else {
        if (++links > MAX_LINKS) throw new FilesError('not_regular', path, `${path} leads through too many links`);
        if (target.startsWith('/')) {
          folder = await exchange(folder, '/');
          at = '';
        }
        ahead.unshift(...namesOf(target));
      }
    }
    return { folder, above: { folder: await folder.stat(), foreign, exchangers } };
  } catch (cause) {
    await folder.close();
    if (errnoOf(cause) === 'ENOENT') throw new FilesError('not_found', path, `there is no folder ${path}`, { cause });
    throw filesError('enter the folder', path, cause);
  }
}

/** Where a link leads, or undefined where the name isn't a link's. */
async function linkTarget(folder: FileHandle, name: string, path: string): Promise<string | undefined> {
  const link = childOf(folder, name);
  if (!(await lstat(link)).isSymbolicLink()) return undefined;
  const { uid, mode } = await folder.stat();
  if (!isOurs(uid) || (mode & 0o022) !== 0) {
    throw new FilesError('not_regular', path, `${path} leads through the link ${name}, which others can exchange`, {
      hint: 'name the real folder in the path',
    });
  }
  return readlink(link);
}

/** Who can rename a folder: the owner of the one that holds it, who answers for those whom he lets write there. */
function exchangerOf(found: Stats, holder: Stats): number | 'anybody' | undefined {
  const othersWrite = (holder.mode & 0o022) !== 0;
  if (holder.uid !== 0 || !othersWrite) return isOurs(holder.uid) ? undefined : holder.uid;
  if ((holder.mode & STICKY) === 0) return 'anybody';
  return isOurs(found.uid) ? undefined : found.uid; // in a sticky folder everybody renames only what is his own
}

/** Whether it is root, or the user of this process: those who may lead it anywhere. */
export function isOurs(uid: number): boolean {
  return uid === 0 || uid === process.geteuid?.();
}

async function exchange(folder: FileHandle, path: string): Promise<FileHandle> {
  const next = await open(path, O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  await folder.close();
  return next;
}

function namesOf(path: string): string[] {
  return path.split('/').filter((name) => name !== '' && name !== '.');
}

function childOf(folder: FileHandle, name: string): string {
  return `/proc/self/fd/${folder.fd}/${name}`;
}
