import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { FilesError, filesError } from './errors.js';
import { demandPrivate, demandRegular } from './scrutiny/private.js';

export interface ReadOptions {
  /** Whether the last part of the path may be a symbolic link. By default it may not. */
  followLink?: boolean;
  /** Demands what `checkPrivateFile` does, of the very file that is then read. */
  private?: boolean;
}

/**
 * Reads a regular file of at most `maxBytes`. Nothing is read before type, size, mode and owner are known to be right.
 * @returns bytes that share their memory with nothing else, so that the caller can wipe them.
 * @throws FilesError `not_found`, `not_regular`, `not_private`, `too_large`
 */
export async function readFileLimited(path: string, maxBytes: number, options: ReadOptions = {}): Promise<Uint8Array> {
  const noFollow = options.followLink === true ? 0 : constants.O_NOFOLLOW;
  try {
    // O_NONBLOCK: opening a pipe that somebody put there must not wait for a writer.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | noFollow);
    try {
      const found = await file.stat();
      demandRegular(path, found);
      if (options.private === true) demandPrivate(path, found);
      if (found.size > maxBytes) {
        throw new FilesError('too_large', path, `${path} has ${found.size} bytes, more than ${maxBytes}`);
      }
      const bytes = new Uint8Array(found.size);
      let length = 0;
      while (length < bytes.length) {
        const { bytesRead } = await file.read(bytes, length, bytes.length - length, length);
        if (bytesRead === 0) break;
        length += bytesRead;
      }
      return bytes.subarray(0, length);
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw filesError('read', path, cause);
  }
}
