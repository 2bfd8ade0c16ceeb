import { basename, dirname, join } from 'node:path';
import { BaseError, ByteReader, concatBytes, fromUtf8, u8, u16, u32, utf8 } from '../../base/index.js';
import { FilesError } from '../errors.js';
import { type ReadOptions, readFileLimited } from '../read.js';
import { removeFile } from './move.js';
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
  const journal = encode(files);
  try {
    await writeFileAtomic(join(folder, JOURNAL), journal, PRIVATE);
  } finally {
    journal.fill(0);
  }
  await finishReplacement(folder);
}

/** Finishes a replacement that a crash cut short, if there is one. */
export async function finishReplacement(folder: string): Promise<void> {
  const journal = await readJournal(folder);
  if (journal === undefined) return;
  try {
    for (const [name, bytes] of decode(folder, journal)) {
      if (bytes === null) await removeIfThere(join(folder, name));
      else await writeFileAtomic(join(folder, name), bytes, PRIVATE);
    }
  } finally {
    journal.fill(0);
  }
  await removeIfThere(join(folder, JOURNAL));
}

/**
 * Reads a file that may be one of several under replacement. Who reads several while they are being replaced may still
 * get one from before and one from after, and must check that they belong together.
 * @returns bytes that share their memory with nothing else, so that the caller can wipe them.
 * @throws FilesError
 */
export async function readReplaced(path: string, maxBytes: number, options?: ReadOptions): Promise<Uint8Array> {
  const journal = await readJournal(dirname(path));
  if (journal === undefined) return readFileLimited(path, maxBytes, options);
  const replaced = decode(dirname(path), journal).get(basename(path));
  const bytes = replaced?.slice();
  journal.fill(0);
  if (replaced === undefined) return readFileLimited(path, maxBytes, options);
  if (bytes !== undefined) return bytes;
  throw new FilesError('not_found', path, `can't read ${path}: there is no such file or folder`);
}

async function readJournal(folder: string): Promise<Uint8Array | undefined> {
  try {
    return await readFileLimited(join(folder, JOURNAL), MAX_JOURNAL_BYTES, { private: true });
  } catch (cause) {
    if (cause instanceof FilesError && cause.code === 'not_found') return undefined;
    throw cause;
  }
}

/** `(u16 length | name | u8 stays | u32 length | content)…`: bytes, because private keys are among them. */
function encode(files: Replacement): Uint8Array {
  const parts = Object.entries(files).flatMap(([name, content]) => {
    const [label, bytes] = [utf8(name), content ?? new Uint8Array()];
    return [u16(label.length), label, u8(content === null ? 0 : 1), u32(bytes.length), bytes];
  });
  return concatBytes(...parts);
}

/**
 * Written whole by this module, in a folder that its user alone can write to.
 * @returns views into `journal`. @throws FilesError `io` where it isn't what was written
 */
function decode(folder: string, journal: Uint8Array): Map<string, Uint8Array | null> {
  const reader = new ByteReader(journal);
  const files = new Map<string, Uint8Array | null>();
  try {
    while (reader.remaining > 0) {
      const name = fromUtf8(reader.bytes(reader.u16()));
      const stays = reader.u8() === 1;
      const bytes = reader.bytes(reader.u32());
      files.set(name, stays ? bytes : null);
    }
  } catch (cause) {
    if (!(cause instanceof BaseError)) throw cause;
    const path = join(folder, JOURNAL);
    throw new FilesError('io', path, `${path} is damaged`, { cause, hint: `put ${folder} back from a backup` });
  }
  return files;
}

async function removeIfThere(path: string): Promise<void> {
  await removeFile(path).catch((cause) => {
    if (!(cause instanceof FilesError && cause.code === 'not_found')) throw cause;
  });
}
