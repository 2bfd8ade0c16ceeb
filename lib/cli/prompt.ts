import { closeSync, openSync, writeSync } from 'node:fs';
import { ReadStream } from 'node:tty';
import { constantTimeEqual, wipe } from '../crypto/index.js';
import { readFileLimited } from '../files/index.js';
import { CliError } from './errors.js';

const MAX_LINE_BYTES = 64 * 1024;

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const CTRL_C = 0x03;
const CTRL_D = 0x04;
const CTRL_U = 0x15;
const CTRL_H = 0x08;
const DELETE = 0x7f;

/**
 * Asks on the terminal itself, whatever stdin and stdout are, and shows nothing of what is typed.
 * @param instead the non-interactive way, for whoever has no terminal
 * @returns the bytes typed, without the end of line, in a buffer that the caller wipes
 * @throws CliError `no_terminal`, or `cancelled` on Ctrl-C and Ctrl-D
 */
export async function askHidden(question: string, instead: string): Promise<Uint8Array> {
  const { terminal, fd } = openTerminal(instead);
  const typed = new Uint8Array(MAX_LINE_BYTES);
  try {
    terminal.setRawMode(true);
    writeSync(fd, question);
    return typed.slice(0, await readLine(terminal, typed));
  } finally {
    wipe(typed);
    terminal.setRawMode(false);
    writeSync(fd, '\n');
    terminal.destroy();
  }
}

/** Asks for something new, and once more, so that a slip of the finger isn't kept. */
export async function askHiddenTwice(question: string, instead: string): Promise<Uint8Array> {
  const first = await askHidden(`${question}: `, instead);
  const second = await askHidden(`${question}, again: `, instead);
  const same = constantTimeEqual(first, second);
  wipe(second);
  if (same) return first;
  wipe(first);
  throw new CliError('mismatch', 'the two entries differ', { hint: 'nothing was changed: try again' });
}

/** A passphrase or value from a file, of which one trailing newline isn't part. */
export async function readSecretLine(path: string): Promise<Uint8Array> {
  const bytes = await readFileLimited(path, MAX_LINE_BYTES, { followLink: true });
  const line = bytes.slice(0, bytes.at(-1) === LINE_FEED ? -1 : undefined);
  wipe(bytes);
  return line;
}

function openTerminal(instead: string): { terminal: ReadStream; fd: number } {
  let fd: number;
  try {
    fd = openSync('/dev/tty', 'r+');
  } catch (cause) {
    throw new CliError('no_terminal', 'there is no terminal to ask on', { hint: instead, cause });
  }
  try {
    return { terminal: new ReadStream(fd), fd };
  } catch (cause) {
    closeSync(fd);
    throw new CliError('no_terminal', 'there is no terminal to ask on', { hint: instead, cause });
  }
}

/** Fills `line` with what is typed up to Enter and gives its length. */
function readLine(terminal: ReadStream, line: Uint8Array): Promise<number> {
  return new Promise((resolve, reject) => {
    let length = 0;
    terminal.on('error', reject);
    terminal.on('data', (chunk: Buffer) => {
      for (const byte of chunk) {
        if (byte === LINE_FEED || byte === CARRIAGE_RETURN) resolve(length);
        else if (byte === CTRL_C || byte === CTRL_D)
          reject(new CliError('cancelled', 'cancelled; nothing was changed'));
        else if (byte === CTRL_U) length = 0;
        else if (byte === CTRL_H || byte === DELETE) length = beforeLastCharacter(line, length);
        else if (length < line.length) line[length++] = byte;
      }
      wipe(chunk);
    });
  });
}

/** A character of UTF-8 has one byte that isn't a continuation. */
function beforeLastCharacter(line: Uint8Array, length: number): number {
  let end = length;
  while (end > 0) {
    end--;
    if (((line[end] as number) & 0xc0) !== 0x80) break;
  }
  return end;
}
