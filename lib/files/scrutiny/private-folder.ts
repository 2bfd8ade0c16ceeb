import { chmod, readdir, stat } from 'node:fs/promises';
import { shellWord } from '../../base/index.js';
import { errnoOf, FilesError, filesError } from '../errors.js';
import { ensureDir } from './folder.js';
import { demandOwn } from './private.js';

/**
 * Makes a folder that nobody else can look into, 0700, or closes one that is there.
 * @returns whether it was there, and open
 * @throws FilesError as `demandClosable`
 */
export async function ensurePrivateDir(path: string): Promise<{ wasOpen: boolean }> {
  const wasOpen = await demandClosable(path);
  await ensureDir(path, 0o700);
  if (wasOpen) {
    await chmod(path, 0o700).catch((cause) => {
      throw filesError('set the mode of', path, cause);
    });
  }
  return { wasOpen };
}

/**
 * Demands that a folder is missing, or this user's and either closed to others or empty: what is in an open one others
 * may have read, or put there, and closing it behind them would hide that.
 * @returns whether it is open
 * @throws FilesError `not_private`
 */
export async function demandClosable(path: string): Promise<boolean> {
  const found = await stat(path).catch((cause) => {
    if (errnoOf(cause) === 'ENOENT') return undefined;
    throw filesError('look at', path, cause);
  });
  if (!found?.isDirectory()) return false; // which making it says better
  demandOwn(path, found, 'run it as the owner, name another folder, or give this one to the right user with chown');
  if ((found.mode & 0o077) === 0) return false;
  if ((await namesIn(path)).length === 0) return true;
  const mode = (found.mode & 0o7777).toString(8).padStart(4, '0');
  throw new FilesError('not_private', path, `${path} has mode ${mode}, so that others can reach what is in it`, {
    hint: `name a folder of its own, or find out what is in this one and who could have read it, then: chmod 700 ${shellWord(path)}`,
  });
}

async function namesIn(path: string): Promise<string[]> {
  return readdir(path).catch((cause) => {
    throw filesError('look into', path, cause);
  });
}
