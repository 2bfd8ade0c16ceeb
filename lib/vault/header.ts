import { closeSync, constants, openSync, readSync } from 'node:fs';
import { decodeHeader, MAX_HEADER_BYTES, type VaultFileHeader } from './vault-file.js';

/**
 * Reads the header of a file and nothing more; it is not authenticated. Synchronous, because the three calls take a
 * few microseconds together and several times that when each goes through the thread pool.
 * @returns undefined for what isn't a file of the vault, or isn't there any more
 */
export function readHeader(path: string): VaultFileHeader | undefined {
  try {
    const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const bytes = new Uint8Array(MAX_HEADER_BYTES);
      return decodeHeader(path, bytes.subarray(0, readSync(file, bytes))).header;
    } finally {
      closeSync(file);
    }
  } catch {
    return undefined;
  }
}
