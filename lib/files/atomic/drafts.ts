import { lstat, readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { errnoOf, filesError } from '../errors.js';
import { ownerOfMark, processMark } from '../process-mark.js';

/** A folder that is being filled beside its place, or that a crash left there. */
export interface Draft {
  readonly path: string;
  readonly pid: number;
  /** What has become of the process that made it; `unseen` is one of another container. */
  readonly is: 'alive' | 'dead' | 'unseen';
}

/** Where this process fills what will be `path`. The name says whose it is, from the instant at which it is there. */
export async function draftPath(path: string): Promise<string> {
  return join(dirname(path), prefixFor(path) + (await processMark()));
}

/** This user's drafts of `path`. Nobody else's are looked at, whatever their names say. @throws FilesError */
export async function findDrafts(path: string): Promise<Draft[]> {
  const folder = dirname(path);
  const prefix = prefixFor(path);
  const names = await readdir(folder).catch((cause) => {
    if (errnoOf(cause) === 'ENOENT') return [];
    throw filesError('look into', folder, cause);
  });
  const drafts: Draft[] = [];
  for (const name of names) {
    if (!name.startsWith(prefix)) continue;
    const owner = await ownerOfMark(name.slice(prefix.length));
    const at = join(folder, name);
    if (owner !== undefined && (await isOwnFolder(at))) drafts.push({ path: at, ...owner });
  }
  return drafts;
}

function prefixFor(path: string): string {
  return `.${basename(path)}.unfinished-`;
}

async function isOwnFolder(path: string): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined);
  return found?.isDirectory() === true && found.uid === process.geteuid?.();
}
