import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { filesError } from '../errors.js';
import { demandRegular } from './private.js';

const PIECE_BYTES = 65_536;

/** A regular file, opened to be read once from its beginning. */
export interface OpenFile {
  /** Bytes, as it was opened. */
  readonly size: number;
  /** The permission bits. */
  readonly mode: number;
  /** Its first `size` bytes, or fewer where it was cut meanwhile, each piece in a buffer of its own. Closes the file. */
  pieces(): Generator<Uint8Array>;
}

/**
 * Opens a file for who copies very many: synchronous, because the calls take a few microseconds together and several
 * times that when each goes through the thread pool. A link isn't followed. `pieces` has to be asked for.
 * @throws FilesError `not_found`, `not_regular`, `no_permission`
 */
export function openFileSync(path: string): OpenFile {
  try {
    const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
    try {
      const found = fstatSync(file);
      demandRegular(path, found);
      return { size: found.size, mode: found.mode & 0o777, pieces: () => readPieces(path, file, found.size) };
    } catch (cause) {
      closeSync(file);
      throw cause;
    }
  } catch (cause) {
    throw filesError('read', path, cause);
  }
}

function* readPieces(path: string, file: number, size: number): Generator<Uint8Array> {
  try {
    for (let left = size; left > 0; ) {
      const piece = new Uint8Array(Math.min(left, PIECE_BYTES));
      const length = readSync(file, piece);
      if (length === 0) return;
      left -= length;
      yield piece.subarray(0, length);
    }
  } catch (cause) {
    throw filesError('read', path, cause);
  } finally {
    closeSync(file);
  }
}
