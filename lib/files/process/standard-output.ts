import { closeSync, constants, fstatSync, openSync, write, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { errorTable } from '../../base/index.js';
import { errnoOf, FilesError, filesError } from '../errors.js';

/** What a shell says of a program that SIGPIPE ended: 128 and the number of the signal. */
export const SIGPIPE_EXIT = 141;
const PAUSE_MS = 10;
/** How long a line of a log waits for a slow reader before it is dropped. */
const MAX_LINE_WAIT_MS = 1000;

const STDOUT = 1;
const STDERR = 2;
const writeSoon = promisify(write);

/** How many bytes stdout has taken so far. */
let takenBytes = 0;

/** `fs.writeSync`. */
type Write = (fd: number, bytes: Uint8Array) => number;

/**
 * Writes all of it to stdout, whatever that is. Node's own stream takes a short write to a file for a whole one, so a
 * disk that fills up would cut the output off, and the program would end with 0.
 * @throws FilesError `reader_gone` where the reader of a pipe went away; `no_space`, `io` and so on, with what is lost
 */
export function toStdout(data: string | Uint8Array): void {
  const bytes = Buffer.from(data);
  const { written, cause } = writeAll(writeSync, STDOUT, bytes, Number.POSITIVE_INFINITY);
  takenBytes += written;
  if (cause !== undefined) throw lossOf(cause, bytes.length - written);
}

/** The same for what is large or may wait long: signals and timers go on meanwhile. Throws what `toStdout` does. */
export async function streamToStdout(bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    try {
      const { bytesWritten } = await writeSoon(STDOUT, bytes, done);
      done += bytesWritten;
      takenBytes += bytesWritten;
    } catch (cause) {
      if (errnoOf(cause) !== 'EAGAIN') throw lossOf(cause, bytes.length - done);
      await sleep(PAUSE_MS);
    }
  }
}

/**
 * Closes stdout where it is a file, because a network file system may refuse what it took only then. The last thing that
 * a program does. Throws what `toStdout` does.
 */
export function finishStdout(): void {
  if (takenBytes === 0) return;
  try {
    if (fstatSync(STDOUT).isFile()) closeSync(STDOUT);
  } catch (cause) {
    throw lossOf(cause, 0);
  }
}

/** Writes words to stderr. Where they can't be written the program goes on: what it does matters more than what it says. */
export function toStderr(text: string): void {
  writeAll(writeSync, STDERR, Buffer.from(text), Number.POSITIVE_INFINITY);
}

function lossOf(cause: unknown, lostBytes: number): FilesError {
  const { code, path, message } = filesError('write to', 'stdout', cause);
  if (code === 'reader_gone') return new FilesError(code, path, message, { cause });
  const lost = lostBytes === 0 ? 'some of them may be lost' : `at least ${lostBytes} are lost`;
  return new FilesError(code, path, `${message}; ${takenBytes} bytes were written, ${lost}`, {
    hint: 'the output is incomplete; whatever else the command did stays done',
    cause,
  });
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
  const log = withoutBlocking(fd);
  let lost = 0;
  /** The last thing written is a part of a line. */
  let isTorn = false;

  function put(text: string): boolean {
    const { written, cause } = writeAll(write, log, Buffer.from(text), lost === 0 ? MAX_LINE_WAIT_MS : 0);
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

/**
 * Opens a pipe once more, so that writing never blocks: where its reader stops, the program goes on. The flag of the given
 * descriptor would count for the other programs that hold it, too. Returns `fd` itself for all that isn't a pipe.
 */
function withoutBlocking(fd: number): number {
  try {
    if (fstatSync(fd).isFIFO()) return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch {
    // Closed, or a pipe of another user.
  }
  return fd;
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
