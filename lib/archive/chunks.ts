import { encodeCanonical } from '../base/index.js';
import { type Aes256GcmKey, CryptoError, SEAL_OVERHEAD_BYTES, wipe } from '../crypto/index.js';
import type { ByteSource } from './byte-source.js';
import { ArchiveError } from './errors.js';

/** What is sealed at once; the last chunk may be shorter. */
export const CHUNK_BYTES = 65_536;
const SEALED_BYTES = CHUNK_BYTES + SEAL_OVERHEAD_BYTES;

/**
 * Seals a stream chunk by chunk (STREAM: https://eprint.iacr.org/2015/189): each is bound to its number, so that none
 * can be moved, repeated or left out, and the last one to being the last, so that nothing can be cut off. What it
 * copied of the plaintext is wiped.
 */
export async function* sealChunks(key: Aes256GcmKey, plaintext: ByteSource): AsyncGenerator<Uint8Array> {
  for (let index = 0, last = false; !last; index++) {
    const chunk = await plaintext.take(CHUNK_BYTES);
    last = await plaintext.isAtEnd();
    const sealed = key.seal(chunk, associatedData(index, last));
    wipe(chunk);
    yield sealed;
  }
}

/**
 * Opens what `sealChunks` made; each chunk is authenticated before it is given out.
 * @throws ArchiveError `cut_short`, `altered`
 */
export async function* openChunks(key: Aes256GcmKey, sealed: ByteSource): AsyncGenerator<Uint8Array> {
  for (let index = 0, last = false; !last; index++) {
    const chunk = await sealed.take(SEALED_BYTES);
    last = await sealed.isAtEnd();
    const opened = tryOpen(key, chunk, index, last);
    if (opened === undefined) throw refusal(key, chunk, index, last);
    yield opened;
  }
}

function tryOpen(key: Aes256GcmKey, chunk: Uint8Array, index: number, last: boolean): Uint8Array | undefined {
  try {
    return key.open(chunk, associatedData(index, last));
  } catch (error) {
    if (error instanceof CryptoError && error.code === 'forged') return undefined;
    throw error;
  }
}

/** Says more than "no" where a chunk is right and only its place isn't. */
function refusal(key: Aes256GcmKey, chunk: Uint8Array, index: number, last: boolean): ArchiveError {
  const hint = 'take another copy of the backup';
  const otherwise = tryOpen(key, chunk, index, !last);
  if (otherwise === undefined) {
    return new ArchiveError('altered', `the backup was altered or cut short in its chunk ${index + 1}`, { hint });
  }
  wipe(otherwise);
  if (last) return new ArchiveError('cut_short', `the backup was cut short after its chunk ${index + 1}`, { hint });
  return new ArchiveError('altered', 'something was appended to the backup', { hint });
}

function associatedData(index: number, last: boolean): Uint8Array {
  return encodeCanonical('vigo/archive-chunk/v1', index, last ? 1 : 0);
}
