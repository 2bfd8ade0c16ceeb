import { lstatSync, realpathSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { isatty } from 'node:tty';
import { CliError } from '../errors.js';
import { STANDARD_STREAM } from './streams.js';

/**
 * Demands that a backup can be written there, before anybody is asked for a passphrase.
 * @param kept files and folders that the backup holds
 * @throws CliError `exists`, `usage`; FilesError where the folder is missing, or closed to this user
 */
export async function demandTarget(
  target: string,
  { force, kept }: { force: boolean; kept: readonly string[] },
): Promise<void> {
  if (target === STANDARD_STREAM) {
    if (!isatty(1)) return;
    throw new CliError('usage', 'a backup is not written to a terminal', { hint: 'name a file, or pipe it somewhere' });
  }
  const path = await realPathOf(target);
  for (const one of kept) {
    if (`${path}/`.startsWith(realFolder(one))) {
      const hint = `name a place outside ${one}, best of all on another machine`;
      throw new CliError('usage', `${target} lies in what is backed up, and would be lost with it`, { hint });
    }
  }
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found?.isDirectory()) throw new CliError('usage', `${target} is a folder`, { hint: 'name a file in it' });
  // What replaces the file takes its name away: that of a device or a link is not to be lost by mistake.
  if (found !== undefined && !found.isFile()) {
    throw new CliError('usage', `${target} is no regular file`, { hint: 'name a file, or - for stdout' });
  }
  if (found !== undefined && !force) {
    throw new CliError('exists', `${target} exists already`, { hint: '--force replaces it' });
  }
}

/** The path with the links above it resolved, in a folder that this user may write to. */
async function realPathOf(target: string): Promise<string> {
  const path = resolve(target);
  const { demandWritable } = await import('../../files/index.js');
  await demandWritable(dirname(path));
  return join(await realpath(dirname(path)), basename(path));
}

function realFolder(path: string): string {
  try {
    return realpathSync(path) + sep;
  } catch {
    return path + sep; // not there, which others say better
  }
}
