import { linkSync, lstatSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { filesError } from '../errors.js';
import { removeTree } from '../scrutiny/folder.js';
import { demandRegular } from '../scrutiny/private.js';

/**
 * Lends a second name to each of many files that are only ever replaced whole, so that they can be read as they are now
 * while others replace them: `<folder>/0`, `<folder>/1` and so on. Synchronous, because nobody may come in between, and
 * not durable: the folder belongs to this process. What a crash left of one is removed first.
 * @throws FilesError `not_found`, `not_regular` for a link or a device
 */
export async function linkAll(paths: readonly string[], folder: string): Promise<string[]> {
  await removeTree(folder);
  try {
    await mkdir(folder, { mode: 0o700 });
  } catch (cause) {
    throw filesError('make the folder', folder, cause);
  }
  return paths.map((path, i) => {
    const name = join(folder, String(i));
    try {
      demandRegular(path, lstatSync(path));
      linkSync(path, name);
    } catch (cause) {
      throw filesError('link', path, cause);
    }
    return name;
  });
}
