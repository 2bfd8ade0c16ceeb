import { constants } from 'node:fs';
import { mkdir, open, rename, rmdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { VigoError } from '../../base/index.js';
import { FilesError, filesError } from '../errors.js';
import { temporaryPath } from '../temporary-name.js';
import { isOurs } from './anchor.js';
import { type Attributes, setAttributes } from './attributes.js';
import { syncDir } from './folder.js';

export interface NewFolder extends Attributes {
  mode: number;
  /** Runs while nobody else can enter the folder, with a path by which every process of this user can open it. */
  beforeOpening?: (opened: string) => Promise<void>;
}

/**
 * Makes a folder that has its mode and owner from the instant at which it has its name. It is made inside another one,
 * where only this user can write: beside its name, whoever can write there could put another user's folder in its place
 * before it is handed over. A crash leaves `.vigo-tmp-…`, which `removeUnfinished` removes.
 * @throws FilesError `exists` where something else than an empty folder has the name; the folder above must be there
 */
export async function makeFolder(path: string, { mode, owner, beforeOpening }: NewFolder): Promise<void> {
  const outer = temporaryPath(dirname(path));
  try {
    await mkdir(outer, { mode: 0o700 });
    const folder = await open(outer, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
    try {
      const found = await folder.stat();
      if (!isOurs(found.uid) || (found.mode & 0o022) !== 0) {
        throw new FilesError('not_regular', path, `can't make the folder ${path}: others can exchange it meanwhile`, {
          hint: 'let only root write in the folder above it',
        });
      }
      const inner = `/proc/${process.pid}/fd/${folder.fd}/${basename(outer)}`;
      await mkdir(inner, { mode: mode & 0o700 });
      try {
        await beforeOpening?.(inner);
        await setAttributes(inner, { mode, owner }).catch((cause) => {
          if (!(cause instanceof FilesError)) throw cause;
          const { code, hint, message } = cause;
          throw new FilesError(code, path, message.replaceAll(inner, path), { cause, hint });
        });
        await rename(inner, path);
      } catch (cause) {
        await rmdir(inner).catch(() => {}); // the first failure is the one to tell
        throw cause;
      }
    } finally {
      await folder.close();
      await rmdir(outer).catch(() => {}); // somebody renamed it
    }
  } catch (cause) {
    throw cause instanceof VigoError ? cause : filesError('make the folder', path, cause);
  }
  await syncDir(dirname(path));
}

/** What a crash left of a folder: empty ones that nobody else can have made. */
export async function removeUnfinishedFolder(outer: string): Promise<void> {
  await rmdir(join(outer, basename(outer))).catch(() => {});
  await rmdir(outer);
}
