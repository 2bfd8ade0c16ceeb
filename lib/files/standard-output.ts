import { writeSync } from 'node:fs';
import { errorTable } from '../base/index.js';
import { errnoOf, type FilesError, filesError } from './errors.js';

/** What a shell says of a program that SIGPIPE ended: 128 and the number of the signal. */
export const SIGPIPE_EXIT = 141;
const PAUSE_MS = 10;
/** How long a line of a log waits for a slow reader before it is dropped. */
const MAX_LINE_WAIT_MS = 1000;

/** `fs.writeSync`. */
type Write = (fd: number, bytes: Uint8Array) => number;

/**
 * Writes all of `data`, and waits for a slow reader.
 * @param name of the descriptor, for the error
 * @throws FilesError; some of the data may be written then
 */
export function writeWhole(fd: number, name: string, data: string | Uint8Array): void {
  const { cause } = writeAll(writeSync, fd, Buffer.from(data), Number.POSITIVE_INFINITY);
  if (cause !== undefined) throw filesError('write to', name, cause);
}

/** Returns the exit code of a program whose output `error` stopped: that of a SIGPIPE where nobody reads any more. */
export function outputExit({ kind, cause }: FilesError): number {
  return errnoOf(cause) === 'EPIPE' ? SIGPIPE_EXIT : errorTable[kind].exit;
}

/**
 * Returns a function that writes the lines of a log and never throws: a log that can't be written changes nothing that a
 * program does. Lines that are lost are counted, and one line says so when writing works again.
 * @param describeLoss the line, with its line end, that says how many lines are lost
 */
export function lineWriter(
  fd: number,
  describeLoss: (lost: number) => string,
  write: Write = writeSync,
): (line: string) => void {
  let lost = 0;
  /** The last thing written is a part of a line. */
  let isTorn = false;

  function put(text: string): boolean {
    const { written, cause } = writeAll(write, fd, Buffer.from(text), lost === 0 ? MAX_LINE_WAIT_MS : 0);
    if (cause === undefined) isTorn = false;
    else if (written > 0) isTorn = true;
    return cause === undefined;
  }

  return (line) => {
    if (lost > 0) {
      if (!put((isTorn ? '\n' : '') + describeLoss(lost))) {
        lost++;
        return;
      }
      lost = 0;
    }
    if (!put(line)) lost = 1;
  };
}

/** @returns how many bytes were written, and what stopped it before the end */
function writeAll(
  write: Write,
  fd: number,
  bytes: Uint8Array,
  maxWaitMs: number,
): { written: number; cause?: unknown } {
  let written = 0;
  let waitedMs = 0;
  while (written < bytes.length) {
    try {
      written += write(fd, bytes.subarray(written));
    } catch (cause) {
      // A pipe that doesn't block, and is full.
      if (errnoOf(cause) !== 'EAGAIN' || waitedMs >= maxWaitMs) return { written, cause };
      pause();
      waitedMs += PAUSE_MS;
    }
  }
  return { written };
}

function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
}
