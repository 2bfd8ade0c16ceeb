import { chmodSync, closeSync, fsyncSync, mkdirSync, openSync, readdirSync, symlinkSync, writeSync } from 'node:fs';
import { mkdir, readdir, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { VigoError } from '../../base/index.js';
import { errnoOf, FilesError, filesError } from '../errors.js';
import { ensureDir, removeTree, syncDir } from '../scrutiny/folder.js';
import { draftPath, findDrafts } from './drafts.js';

/** A folder that is being filled. Paths are below it, and each is new; synchronous, for very many files. */
export interface DraftFolder {
  /** Where it lies until it is whole. */
  readonly path: string;
  folder(path: string, mode: number): void;
  file(path: string, mode: number, content: AsyncIterable<Uint8Array>): Promise<void>;
  link(path: string, target: string): void;
}

/**
 * Makes a folder whole or not at all: it is filled under another name beside its place, everything in it is flushed, and
 * then it gets its name, mode 0755. Whatever fails leaves nothing; a crash leaves `.<name>.unfinished-<process>`, which
 * the next one removes.
 * @throws FilesError as `demandRoom` does, and what `fill` throws
 */
export async function makeFolderWhole<T>(path: string, fill: (draft: DraftFolder) => Promise<T>): Promise<T> {
  await demandRoom(path);
  await ensureDir(dirname(path), 0o755);
  for (const { path: draft, is } of await findDrafts(path)) if (is === 'dead') await removeTree(draft);
  const draft = await makeDraft(path);
  try {
    const result = await fill(draftIn(draft));
    flushTree(draft);
    chmodSync(draft, 0o755);
    await rename(draft, path);
    await syncDir(dirname(path));
    return result;
  } catch (cause) {
    await removeTree(draft).catch(() => {}); // the first failure is the one to tell
    throw cause instanceof VigoError ? cause : notPlaced(path, cause);
  }
}

/**
 * @throws FilesError `exists` where there is something else than an empty folder; `held` where another process makes one
 */
export async function demandRoom(path: string): Promise<void> {
  const names = await readdir(path).catch((cause) => {
    if (errnoOf(cause) === 'ENOENT') return [];
    throw filesError('look into', path, cause);
  });
  if (names.length > 0) throw notEmpty(path);
  const other = (await findDrafts(path)).find(({ is }) => is === 'alive');
  if (other === undefined) return;
  throw new FilesError('held', path, `process ${other.pid} is making ${path}`, {
    hint: 'wait for it to end, or stop it',
  });
}

async function makeDraft(path: string): Promise<string> {
  const draft = await draftPath(path);
  try {
    await mkdir(draft, { mode: 0o700 });
    return draft;
  } catch (cause) {
    throw filesError('make the folder', draft, cause);
  }
}

function draftIn(root: string): DraftFolder {
  return {
    path: root,
    folder(path, mode) {
      making(join(root, path), (at) => {
        mkdirSync(at, 0o700);
        chmodSync(at, mode | 0o700); // whatever the umask, and so that it can be filled
      });
    },
    link: (path, target) => making(join(root, path), (at) => symlinkSync(target, at)),
    async file(path, mode, content) {
      const at = join(root, path);
      const file = making(at, () => openSync(at, 'wx', 0o600));
      try {
        for await (const piece of content) making(at, () => writeWhole(file, piece));
        making(at, () => chmodSync(at, mode));
      } finally {
        closeSync(file);
      }
    },
  };
}

function making<T>(at: string, make: (at: string) => T): T {
  try {
    return make(at);
  } catch (cause) {
    throw filesError('make', at, cause);
  }
}

function writeWhole(file: number, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written);
}

/** After all is written, because the first flush then takes the most of the others along. */
function flushTree(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) flushTree(join(folder, entry.name));
    else if (entry.isFile()) flush(join(folder, entry.name));
  }
  flush(folder);
}

function flush(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function notPlaced(path: string, cause: unknown): FilesError {
  const errno = errnoOf(cause);
  if (errno === 'ENOTEMPTY' || errno === 'EEXIST') return notEmpty(path);
  if (errno !== 'EBUSY' && errno !== 'EXDEV') return filesError('make', path, cause);
  return new FilesError('io', path, `${path} is a mount point, which can't be put there at once`, {
    cause,
    hint: 'name a folder below it',
  });
}

function notEmpty(path: string): FilesError {
  return new FilesError('exists', path, `${path} is not empty`, {
    hint: 'name a folder that is empty or not there yet, or move this one away',
  });
}
