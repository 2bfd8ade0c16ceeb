import { once } from 'node:events';
import type { ReadStream } from 'node:tty';
import { wipe } from '../crypto/index.js';

/** The next byte that was typed, as soon as there is one; undefined at the end. What is read is wiped in the stream. */
export async function nextByte(input: ReadStream): Promise<number | undefined> {
  for (;;) {
    // In paused mode the stream itself keeps what nobody asked for yet.
    const bytes: Buffer | null = input.read(1);
    if (bytes !== null) {
      const [byte] = bytes;
      wipe(bytes);
      return byte;
    }
    if (input.readableEnded || input.destroyed) return undefined;
    try {
      await once(input, 'readable');
    } catch {
      return undefined; // a terminal that was closed reads as an error
    }
  }
}
