import { ByteReader, concatBytes, fromUtf8, u8, u16, u64, utf8, VigoError } from '../base/index.js';
import { badEntry, type EntryKind, MAX_PATH_BYTES } from './path.js';

/** A folder, a file or a link of an archive. Paths are below the home. */
type Entry<Content> =
  | { readonly kind: 'folder'; readonly path: string; readonly mode: number }
  | {
      readonly kind: 'file';
      readonly path: string;
      readonly mode: number;
      /** How many bytes `content` has together. */
      readonly size: number;
      readonly content: Content;
    }
  | { readonly kind: 'link'; readonly path: string; readonly target: string };

/** As it goes in. */
export type ArchiveEntry = Entry<Iterable<Uint8Array>>;

/** As it comes out. A file's content is read before the next entry is asked for, or left out. */
export type ReadEntry = Entry<AsyncIterable<Uint8Array>>;

/** What stands before an entry's content. `end` follows the last entry; its size is how many there were. */
export interface EntryHead {
  readonly kind: EntryKind | 'end';
  readonly mode: number;
  readonly size: number;
  readonly pathBytes: number;
}

export const HEAD_BYTES: number = 1 + 2 + 8 + 2;
const KIND_CODES = { end: 0, folder: 1, file: 2, link: 3 } as const;
const KINDS = ['end', 'folder', 'file', 'link'] as const;

/** `kind u8 | mode u16 | size u64 | path length u16 | path`; the content follows, of a link its target. */
export function encodeHead(kind: EntryHead['kind'], path: string, mode: number, size: number): Uint8Array {
  const pathBytes = utf8(path);
  return concatBytes(u8(KIND_CODES[kind]), u16(mode), u64(size), u16(pathBytes.length), pathBytes);
}

/** Reads the fixed part of what `encodeHead` made. @throws ArchiveError `bad_entry` */
export function decodeHead(bytes: Uint8Array): EntryHead {
  return strictly(() => {
    const reader = new ByteReader(bytes);
    const kind = KINDS[reader.u8()];
    const head = { mode: reader.u16(), size: reader.u64(), pathBytes: reader.u16() };
    const isEmpty = kind === 'folder' && head.size > 0;
    const isTooLong = kind === 'link' && head.size > MAX_PATH_BYTES;
    if (kind === undefined || isEmpty || isTooLong || head.pathBytes > MAX_PATH_BYTES) {
      throw badEntry('', 'this is no entry');
    }
    return { kind, ...head };
  });
}

export function decodeText(bytes: Uint8Array): string {
  return strictly(() => fromUtf8(bytes));
}

function strictly<T>(decode: () => T): T {
  try {
    return decode();
  } catch (cause) {
    throw cause instanceof VigoError && cause.room === 'base' ? badEntry('', 'this is no entry') : cause;
  }
}
