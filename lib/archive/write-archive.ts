import { u32, utf8 } from '../base/index.js';
import { type About, encodeAbout } from './about.js';
import { ByteSource } from './byte-source.js';
import { sealChunks } from './chunks.js';
import { type ArchiveEntry, encodeHead } from './entry.js';
import { ArchiveError } from './errors.js';
import { type Locking, lock } from './lock.js';
import { demandEntry, sortKey } from './path.js';

/**
 * Makes an archive, piece by piece, holding little more than a chunk of it in memory.
 * @param entries in the order of `sortKey`. Pieces of content are given away: they may be overwritten.
 * @throws ArchiveError `bad_passphrase` before the first piece; `changed` where a file hasn't as many bytes as it said
 */
export async function* writeArchive(
  about: About,
  entries: AsyncIterable<ArchiveEntry>,
  locking: Locking,
): AsyncGenerator<Uint8Array> {
  const { header, mac, key } = await lock(locking);
  try {
    yield header;
    yield mac;
    yield* sealChunks(key, new ByteSource(plaintext(about, entries)));
  } finally {
    key.dispose();
  }
}

async function* plaintext(about: About, entries: AsyncIterable<ArchiveEntry>): AsyncGenerator<Uint8Array> {
  const aboutBytes = encodeAbout(about);
  yield u32(aboutBytes.length);
  yield aboutBytes;
  let count = 0;
  let previous = '';
  for await (const entry of entries) {
    const key = sortKey(entry.path);
    if (key <= previous) throw new RangeError(`${entry.path} is out of order`);
    previous = key;
    count++;
    yield* encodeEntry(entry);
  }
  yield encodeHead('end', '', 0, count);
}

function* encodeEntry(entry: ArchiveEntry): Generator<Uint8Array> {
  const { kind, path } = entry;
  if (kind === 'link') {
    const target = utf8(entry.target);
    demandEntry({ kind, path, mode: 0 }, entry.target);
    yield encodeHead(kind, path, 0, target.length);
    yield target;
    return;
  }
  demandEntry(entry);
  if (kind === 'folder') {
    yield encodeHead(kind, path, entry.mode, 0);
    return;
  }
  yield encodeHead(kind, path, entry.mode, entry.size);
  let left = entry.size;
  for (const piece of entry.content) {
    left -= piece.length;
    if (left < 0) break;
    yield piece;
  }
  if (left !== 0) throw changed(path);
}

function changed(path: string): ArchiveError {
  return new ArchiveError('changed', `${path} changed while it was copied, so there is no backup`, {
    hint: 'try again when nobody writes to it',
  });
}
