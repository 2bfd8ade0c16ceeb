import type { KeyName } from '../base/index.js';
import { wipe } from '../crypto/index.js';
import { readFileLimited } from '../files/index.js';
import { MAX_SECRET_BYTES } from '../wire/index.js';
import { CliError } from './errors.js';
import { askHidden } from './prompt.js';

/** A value to store: a file's bytes, a pipe's bytes, or what is typed without its Enter. The caller wipes it. */
export async function readValue(file: string | undefined, key: KeyName): Promise<Uint8Array> {
  if (file !== undefined) return readFileLimited(file, MAX_SECRET_BYTES, { followLink: true });
  if (process.stdin.isTTY)
    return askHidden(`value of ${key}: `, 'give it in a file or through a pipe: --from-file <path>');
  return readPipe();
}

async function readPipe(): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > MAX_SECRET_BYTES) throw tooLarge();
    }
    return Uint8Array.from(Buffer.concat(chunks));
  } finally {
    wipe(...chunks);
  }
}

function tooLarge(): CliError {
  return new CliError('too_large', `a value has at most ${MAX_SECRET_BYTES} bytes`, {
    hint: 'nothing was stored: a larger thing belongs in a file of its own, encrypted with a key that is kept here',
  });
}
