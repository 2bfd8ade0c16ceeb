import { concatBytes, type KeyName } from '../../base/index.js';
import { wipe } from '../../crypto/index.js';
import { FilesError, readInput } from '../../files/index.js';
import { MAX_SECRET_BYTES } from '../../wire/index.js';
import { askHidden } from '../console/prompt.js';
import { CliError } from '../errors.js';

const LINE_FEED = 0x0a;

/** A value to store: a file's bytes, a pipe's bytes, or what is typed without its Enter. The caller wipes it. */
export async function readValue(file: string | undefined, key: KeyName): Promise<Uint8Array> {
  if (file !== undefined) return readWhole(file);
  if (!process.stdin.isTTY) return readLimited('stdin', process.stdin);
  return askHidden(`value of ${key}`, '--from-file <path> or a pipe takes a value of any bytes', { lines: true });
}

/** A passphrase from a file, of which one trailing newline isn't part. The caller wipes it. */
export async function readSecretLine(path: string): Promise<Uint8Array> {
  const bytes = await readWhole(path);
  const line = bytes.slice(0, bytes.at(-1) === LINE_FEED ? -1 : undefined);
  wipe(bytes);
  return line;
}

/** Also from a named pipe, so that `<(…)` of a shell will do. */
async function readWhole(path: string): Promise<Uint8Array> {
  try {
    return await readInput(path, MAX_SECRET_BYTES);
  } catch (cause) {
    throw cause instanceof FilesError && cause.code === 'too_large' ? tooLarge(path) : cause;
  }
}

function tooLarge(what: string): CliError {
  return new CliError('too_large', `${what} has more than ${MAX_SECRET_BYTES} bytes (1 MiB); nothing was stored`, {
    hint: 'encrypt a larger thing with a key of its own, and keep that key here',
  });
}

async function readLimited(what: string, stream: AsyncIterable<Buffer>): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of stream) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > MAX_SECRET_BYTES) throw tooLarge(what);
    }
    return concatBytes(...chunks);
  } finally {
    wipe(...chunks);
  }
}
