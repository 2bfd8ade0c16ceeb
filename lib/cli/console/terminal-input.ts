import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import type { ReadStream } from 'node:tty';
import { wipe } from '../../crypto/index.js';

/** The next byte that was typed, as soon as there is one; undefined at the end. What is read is wiped in the stream. */
export async function nextByte(input: ReadStream): Promise<number | undefined> {
  for (;;) {
    const byte = takeByte(input);
    if (byte !== undefined) return byte;
    if (input.readableEnded || input.destroyed) return undefined;
    try {
      await once(input, 'readable');
    } catch {
      return undefined; // a terminal that was closed reads as an error
    }
  }
}

/**
 * Throws away what is typed until nothing comes for so long.
 * @returns whether there was anything
 */
export async function discard(input: ReadStream, quietMs: number): Promise<boolean> {
  let found = false;
  for (;;) {
    while (takeByte(input) !== undefined) found = true;
    if (input.readableEnded || input.destroyed) return found;
    try {
      await once(input, 'readable', { signal: AbortSignal.timeout(quietMs) });
    } catch {
      await setImmediate(); // on a busy machine the time may be over before the terminal was looked at
      const byte = takeByte(input);
      if (byte === undefined) return found;
      found = true;
    }
  }
}

/** In paused mode the stream itself keeps what nobody asked for yet. */
function takeByte(input: ReadStream): number | undefined {
  const bytes: Buffer | null = input.read(1);
  if (bytes === null) return undefined;
  const [byte] = bytes;
  wipe(bytes);
  return byte;
}
