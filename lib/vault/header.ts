import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { decodeHeader, MAX_HEADER_BYTES, type VaultFileHeader } from './vault-file.js';

/**
 * Reads the header of a file and nothing more; it is not authenticated.
 * @returns undefined for what isn't a file of the vault, or isn't there any more
 */
export async function readHeader(path: string): Promise<VaultFileHeader | undefined> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const { buffer, bytesRead } = await file.read(new Uint8Array(MAX_HEADER_BYTES), 0, MAX_HEADER_BYTES, 0);
      return decodeHeader(path, buffer.subarray(0, bytesRead)).header;
    } finally {
      await file.close();
    }
  } catch {
    return undefined;
  }
}
