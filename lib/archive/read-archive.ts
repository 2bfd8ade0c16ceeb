import { ByteReader } from '../base/index.js';
import { type About, decodeAbout, MAX_ABOUT_BYTES } from './about.js';
import { ByteSource } from './byte-source.js';
import { openChunks } from './chunks.js';
import { decodeHead, decodeText, HEAD_BYTES, type ReadEntry } from './entry.js';
import { ArchiveError } from './errors.js';
import { decodeHeader, type Header, headerRestBytes, PREFIX_BYTES } from './header.js';
import { MAC_BYTES, type Unlocking, unlock } from './lock.js';
import { badEntry, demandEntry, parentOf, sortKey } from './path.js';

export interface OpenedArchive {
  readonly header: Header;
  readonly about: About;
  /**
   * Everything in it, once. Only when it ended without an error is the archive known to be whole.
   * @throws ArchiveError `altered`, `cut_short`, `bad_entry`
   */
  entries(): AsyncGenerator<ReadEntry>;
}

const PIECE_BYTES = 65_536;

/**
 * Opens an archive and reads who made it, and when.
 * @throws ArchiveError `not_archive`, `too_costly`, `wrong_passphrase`, `other_recipient`, `altered`, `cut_short`
 */
export async function openArchive(stream: AsyncIterable<Uint8Array>, unlocking: Unlocking): Promise<OpenedArchive> {
  const sealed = new ByteSource(stream);
  try {
    const prefix = (await sealed.take(PREFIX_BYTES)).slice();
    const headerBytes = Buffer.concat([prefix, await demand(sealed, headerRestBytes(prefix))]);
    const header = decodeHeader(headerBytes);
    const mac = await demand(sealed, MAC_BYTES);
    const key = await unlock(header, headerBytes, mac, unlocking);
    const plaintext = new ByteSource(disposing(openChunks(key, sealed), () => key.dispose()));
    const length = new ByteReader(await demand(plaintext, 4)).u32();
    if (length > MAX_ABOUT_BYTES) throw badEntry('', "it doesn't say who made it, and when");
    const about = decodeAbout(await demand(plaintext, length));
    return { header, about, entries: () => disposing(readEntries(plaintext), () => closeBoth(plaintext, sealed)) };
  } catch (error) {
    await sealed.close();
    throw error;
  }
}

async function* readEntries(plaintext: ByteSource): AsyncGenerator<ReadEntry> {
  const folders: string[] = [];
  let previous = '';
  for (let count = 0; ; count++) {
    const head = decodeHead(await demand(plaintext, HEAD_BYTES));
    const { kind, mode, size } = head;
    const path = decodeText(await demand(plaintext, head.pathBytes));
    if (kind === 'end') {
      if (size !== count || mode !== 0 || path !== '' || !(await plaintext.isAtEnd()))
        throw badEntry('', 'no such end');
      return;
    }
    // No path twice, and every folder before what is in it: nothing of an archive can take the place of something else.
    const key = sortKey(path);
    while (folders.length > 0 && folders.at(-1) !== parentOf(path)) folders.pop();
    if (key <= previous || folders.at(-1) !== parentOf(path)) throw badEntry(path, 'it is out of order');
    previous = key;
    if (kind === 'link') {
      const target = decodeText(await demand(plaintext, size));
      demandEntry({ kind, path, mode }, target);
      if (mode !== 0) throw badEntry(path, 'a link has no mode');
      yield { kind, path, target };
      continue;
    }
    demandEntry({ kind, path, mode });
    if (kind === 'folder') {
      folders.push(path);
      yield { kind, path, mode };
      continue;
    }
    const content = readContent(plaintext, size);
    yield { kind, path, mode, size, content };
    for await (const _ of content); // what nobody asked for
  }
}

async function* readContent(plaintext: ByteSource, size: number): AsyncGenerator<Uint8Array> {
  for (let left = size; left > 0; ) {
    const piece = await demand(plaintext, Math.min(left, PIECE_BYTES));
    left -= piece.length;
    yield piece;
  }
}

async function demand(source: ByteSource, length: number): Promise<Uint8Array> {
  const bytes = await source.take(length);
  if (bytes.length === length) return bytes;
  throw new ArchiveError('cut_short', 'the backup ends too early', { hint: 'take another copy of it' });
}

async function* disposing<T>(values: AsyncIterable<T>, dispose: () => void | Promise<void>): AsyncGenerator<T> {
  try {
    yield* values;
  } finally {
    await dispose();
  }
}

async function closeBoth(plaintext: ByteSource, sealed: ByteSource): Promise<void> {
  await plaintext.close();
  await sealed.close();
}
