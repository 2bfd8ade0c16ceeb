import { constants } from 'node:fs';
import { type FileHandle, link, open, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isBytes, VigoError } from '../../base/index.js';
import { filesError } from '../errors.js';
import { syncDir } from '../scrutiny/folder.js';
import { demandHeld } from '../scrutiny/held-attributes.js';
import { temporaryPath } from '../temporary-name.js';
import { markedPath, removeAbandoned } from './unfinished.js';

export interface WriteOptions {
  /** Exactly this, whatever the umask. The file never has a wider mode, not for an instant. */
  mode: number;
  owner?: { uid: number; gid: number };
  /**
   * For a folder of somebody else's, which no program of ours keeps clean: until the file is whole its name says whose it
   * is, and what processes that were killed left there is removed first.
   */
  abroad?: true;
  /** Runs when the file is there and empty, with a path by which every process of this user can open it. */
  beforeContent?: (opened: string) => Promise<void>;
}

/** The bytes of a file, at once or as they come. An error that comes instead leaves no file, and the old one as it was. */
export type Content = Uint8Array | AsyncIterable<Uint8Array>;

/**
 * Creates or replaces a file: a crash at any instant leaves the old content or the new one (N3). What had a name
 * that is a symbolic link loses the link, not the link's target.
 */
export async function writeFileAtomic(path: string, content: Content, options: WriteOptions): Promise<void> {
  await viaTemporary('write', path, content, options, (temporary) => rename(temporary, path));
}

/**
 * Creates a file that must not be there yet; of several writers one wins. Atomic like `writeFileAtomic`.
 * @throws FilesError `exists`, and what was there stays.
 */
export async function createFileExclusive(path: string, content: Content, options: WriteOptions): Promise<void> {
  await viaTemporary('create', path, content, options, async (temporary) => {
    await link(temporary, path);
    await unlink(temporary);
  });
}

async function viaTemporary(
  action: string,
  path: string,
  content: Content,
  options: WriteOptions,
  publish: (temporary: string) => Promise<void>,
): Promise<void> {
  if (options.abroad) await removeAbandoned(dirname(path));
  const temporary = options.abroad ? await markedPath(dirname(path)) : temporaryPath(dirname(path));
  try {
    const file = await open(temporary, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, options.mode & 0o600);
    try {
      await fill(path, file, content, options);
      await publish(temporary);
    } catch (cause) {
      await unlink(temporary).catch(() => {}); // the first failure is the one to tell
      throw cause;
    }
  } catch (cause) {
    throw cause instanceof VigoError ? cause : filesError(action, path, cause);
  }
  await syncDir(dirname(path));
}

/** Writes nothing before mode and owner are known to hold. */
async function fill(path: string, file: FileHandle, content: Content, options: WriteOptions): Promise<void> {
  const { mode, owner, beforeContent } = options;
  try {
    await beforeContent?.(`/proc/${process.pid}/fd/${file.fd}`);
    if (owner !== undefined) await file.chown(owner.uid, owner.gid);
    await file.chmod(mode & 0o777);
    demandHeld(path, await file.stat(), { mode, owner }, 'privately');
    for await (const piece of isBytes(content) ? [content] : content) await file.writeFile(piece);
    if ((mode & 0o7000) !== 0) await file.chmod(mode); // after all is written, which may clear the set-id bits
    await file.sync();
  } finally {
    await file.close();
  }
}
