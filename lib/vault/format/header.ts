import { closeSync, constants, openSync, readSync } from 'node:fs';
import { errnoOf, filesError } from '../../files/index.js';
import { VaultError } from '../errors.js';
import { decodeHeader, MAX_HEADER_BYTES, type VaultFileHeader } from './vault-file.js';

/** What there is where no regular file is: nothing, a link, a folder, or something in place of a folder above. */
const GONE = ['ENOENT', 'ENOTDIR', 'ELOOP', 'EISDIR', 'ENXIO'];

/**
 * Reads the header of a file and nothing more; it is not authenticated. Synchronous, because the three calls take a
 * few microseconds together and several times that when each goes through the thread pool.
 * @returns undefined for what isn't a file of the vault, or isn't there any more
 */
export function readHeader(path: string): VaultFileHeader | undefined {
  try {
    return read(path);
  } catch {
    return undefined;
  }
}

/**
 * The same for who must not take a file for gone that can't be read right now.
 * @returns `gone` where there is no regular file; `unreadable` for one that is no file of the vault, or not yet
 * @throws FilesError for what keeps it from being read at all, like too many open files
 */
export function examineHeader(path: string): VaultFileHeader | 'gone' | 'unreadable' {
  try {
    return read(path);
  } catch (error) {
    if (error instanceof VaultError) return 'unreadable';
    if (GONE.includes(errnoOf(error) ?? '')) return 'gone';
    throw filesError('read', path, error);
  }
}

function read(path: string): VaultFileHeader {
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const bytes = Buffer.allocUnsafe(MAX_HEADER_BYTES);
    return decodeHeader(path, bytes.subarray(0, readSync(file, bytes))).header;
  } finally {
    closeSync(file);
  }
}
