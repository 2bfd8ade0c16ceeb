import { fstatSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { concatBytes } from '../base/index.js';
import { FilesError, filesError } from './errors.js';
import { demandPrivate } from './scrutiny/private.js';

/** Names of standard input, which may be a socket: one of those can't be opened by name. */
const STDIN = ['/dev/stdin', '/dev/fd/0', '/proc/self/fd/0'];

/**
 * Reads what a person names to its end: a file, or a pipe like `<(…)` of a shell and `/dev/stdin`. Waits for the writer
 * of a pipe. A link is followed.
 * @param options `private` demands of a file what `checkPrivateFile` does; the mode of a pipe says nothing
 * @returns bytes that share their memory with nothing else, so that the caller can wipe them
 * @throws FilesError `not_found`, `not_regular`, `not_private`, `too_large` for more than `maxBytes`
 */
export async function readInput(
  path: string,
  maxBytes: number,
  options: { private?: boolean } = {},
): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let file: FileHandle | undefined;
  try {
    if (!STDIN.includes(path)) file = await open(path, 'r');
    const found = file === undefined ? fstatSync(0) : await file.stat();
    if (found.isDirectory()) throw new FilesError('not_regular', path, `${path} is a folder`);
    if (found.isFile() && options.private === true) demandPrivate(path, found);
    let length = 0;
    for await (const piece of file?.createReadStream({ autoClose: false }) ?? process.stdin) {
      pieces.push(piece);
      length += piece.length;
      if (length > maxBytes) throw new FilesError('too_large', path, `${path} has more than ${maxBytes} bytes`);
    }
    return concatBytes(...pieces);
  } catch (cause) {
    throw filesError('read', path, cause);
  } finally {
    for (const piece of pieces) piece.fill(0);
    await file?.close();
  }
}
