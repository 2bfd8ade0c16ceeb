import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { VigoError } from '../../base/index.js';
import { FilesError, streamToStdout } from '../../files/index.js';
import { Progress } from '../console/progress.js';
import { CliError } from '../errors.js';

/** What stands for stdout or stdin in the place of a file. */
export const STANDARD_STREAM = '-';
const MEGABYTE = 1_000_000;

/** Writes as fast as the reader reads. @throws CliError `output_failed` where it went away; what `toStdout` throws */
export async function writeToStdout(pieces: AsyncIterable<Uint8Array>): Promise<void> {
  try {
    for await (const piece of pieces) await streamToStdout(piece);
  } catch (cause) {
    // Half a list is fine for who has seen enough; half a backup is none.
    throw cause instanceof FilesError && cause.code === 'reader_gone' ? readerGone(cause) : cause;
  }
}

/** Reads a backup from a file or stdin, and shows how far it is where its size is known. */
export async function* readInput(path: string, { quiet }: { quiet: boolean }): AsyncGenerator<Uint8Array> {
  const { filesError } = await import('../../files/index.js');
  if (path === STANDARD_STREAM && process.stdin.isTTY) {
    throw new CliError('usage', 'a backup is not typed', { hint: 'name a file, or pipe one in' });
  }
  const progress = new Progress({ quiet, unit: ' MB' });
  try {
    const size = path === STANDARD_STREAM ? 0 : (await stat(path)).size;
    let read = 0;
    for await (const piece of path === STANDARD_STREAM ? process.stdin : createReadStream(path)) {
      yield piece;
      // After it was taken: over the first one the passphrase is asked for, on the same line of the terminal.
      read += piece.length;
      if (size > 0) progress.update(Math.floor(read / MEGABYTE), Math.ceil(size / MEGABYTE));
    }
  } catch (cause) {
    throw cause instanceof VigoError ? cause : filesError('read', path, cause);
  } finally {
    progress.end();
  }
}

function readerGone(cause: FilesError): CliError {
  return new CliError('output_failed', 'what reads the backup went away, so there is none', { cause });
}
