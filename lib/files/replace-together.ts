import { basename, dirname, join } from 'node:path';
import { fromUtf8, utf8 } from '../base/index.js';
import { FilesError } from './errors.js';
import { removeFile } from './move.js';
import { type ReadOptions, readFileLimited } from './read.js';
import { writeFileAtomic } from './write.js';

const JOURNAL = '.vigo-replacement';
const MAX_JOURNAL_BYTES = 1024 * 1024;
const PRIVATE = { mode: 0o600 };

/** Names in one folder and what each shall hold; null where it shall be gone. */
export type Replacement = Readonly<Record<string, Uint8Array | null>>;

/**
 * Replaces several files of a folder together, mode 0600. All of it is first written into one file, and counts from the
 * instant on at which that has its name: `readReplaced` gives the old files or the new ones, and who writes next
 * finishes what a crash cut short (N3). One writer at a time.
 */
export async function replaceTogether(folder: string, files: Replacement): Promise<void> {
  await finishReplacement(folder);
  await writeFileAtomic(join(folder, JOURNAL), encode(files), PRIVATE);
  await finishReplacement(folder);
}

/** Finishes a replacement that a crash cut short, if there is one. */
export async function finishReplacement(folder: string): Promise<void> {
  const files = await readJournal(folder);
  if (files === undefined) return;
  for (const [name, bytes] of Object.entries(files)) {
    if (bytes === null) await removeIfThere(join(folder, name));
    else await writeFileAtomic(join(folder, name), bytes, PRIVATE);
  }
  await removeIfThere(join(folder, JOURNAL));
}

/**
 * Reads a file that may be one of several under replacement. Who reads several while they are being replaced may still
 * get one from before and one from after, and must check that they belong together.
 * @throws FilesError
 */
export async function readReplaced(path: string, maxBytes: number, options?: ReadOptions): Promise<Uint8Array> {
  const replaced = (await readJournal(dirname(path)))?.[basename(path)];
  if (replaced === undefined) return readFileLimited(path, maxBytes, options);
  if (replaced !== null) return replaced;
  throw new FilesError('not_found', path, `can't read ${path}: there is no such file or folder`);
}

async function readJournal(folder: string): Promise<Replacement | undefined> {
  try {
    return decode(await readFileLimited(join(folder, JOURNAL), MAX_JOURNAL_BYTES, { private: true }));
  } catch (cause) {
    if (cause instanceof FilesError && cause.code === 'not_found') return undefined;
    throw cause;
  }
}

function encode(files: Replacement): Uint8Array {
  const texts = Object.entries(files).map(([name, bytes]) => [name, bytes && Buffer.from(bytes).toString('base64')]);
  return utf8(JSON.stringify(Object.fromEntries(texts)));
}

/** Written whole by this module, in a folder that its user alone can write to. */
function decode(journal: Uint8Array): Replacement {
  const texts: Record<string, string | null> = JSON.parse(fromUtf8(journal));
  return Object.fromEntries(
    Object.entries(texts).map(([name, text]) => [name, text === null ? null : Buffer.from(text, 'base64')]),
  );
}

async function removeIfThere(path: string): Promise<void> {
  await removeFile(path).catch((cause) => {
    if (!(cause instanceof FilesError && cause.code === 'not_found')) throw cause;
  });
}
