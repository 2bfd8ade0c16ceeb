import { closeSync, openSync, writeSync } from 'node:fs';
import { ReadStream } from 'node:tty';
import { fromUtf8 } from '../base/index.js';
import { constantTimeEqual, wipe } from '../crypto/index.js';
import { CliError } from './errors.js';
import { nextByte } from './terminal-input.js';

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
 * @throws CliError `no_terminal`, `too_large`, or `cancelled` on Ctrl-C and Ctrl-D
 */
export async function askHidden(question: string, instead: string): Promise<Uint8Array> {
  return withTerminal(instead, (terminal) => ask(terminal, `${question}: `));
}

/** Asks for something new, and once more, so that a slip of the finger isn't kept. @throws CliError `mismatch` */
export async function askHiddenTwice(question: string, instead: string): Promise<Uint8Array> {
  // In one go: what is pasted or typed ahead for the second question must not get lost behind the first.
  return withTerminal(instead, async (terminal) => {
    const first = await ask(terminal, `${question}: `);
    const second = await ask(terminal, `${question}, again: `);
    const same = constantTimeEqual(first, second);
    wipe(second);
    if (same) return first;
    wipe(first);
    throw new CliError('mismatch', 'the two entries differ', { hint: 'nothing was changed: try again' });
  });
}

/** Asks for something that is no secret; the terminal shows it. Throws what `askHidden` does. */
export async function askShown(question: string, instead: string): Promise<string> {
  return withTerminal(instead, async ({ input, fd }) => {
    input.setRawMode(false);
    writeSync(fd, `${question}: `);
    const line = new Uint8Array(MAX_LINE_BYTES);
    return fromUtf8(line.subarray(0, await readLine(input, line)));
  });
}

/** Asks for one of several keys, without Enter, and shows it. Throws what `askHidden` does. */
export async function askKey<K extends string>(question: string, keys: readonly K[], instead: string): Promise<K> {
  return withTerminal(instead, async ({ input, fd }) => {
    writeSync(fd, `${question}: `);
    try {
      for (;;) {
        const byte = await nextKey(input);
        const key = keys.find((key) => key.charCodeAt(0) === byte);
        if (key === undefined) continue;
        writeSync(fd, key);
        return key;
      }
    } finally {
      writeSync(fd, '\n');
    }
  });
}

/** Whether there is a terminal to ask on. */
export function canAsk(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r+'));
    return true;
  } catch {
    return false;
  }
}

interface Terminal {
  readonly input: ReadStream;
  readonly fd: number;
}

/** Runs `work` while the terminal hands over every key at once and echoes none. */
async function withTerminal<T>(instead: string, work: (terminal: Terminal) => Promise<T>): Promise<T> {
  const terminal = openTerminal(instead);
  try {
    terminal.input.setRawMode(true);
    return await work(terminal);
  } finally {
    terminal.input.setRawMode(false);
    terminal.input.destroy();
  }
}

function openTerminal(instead: string): Terminal {
  let fd: number | undefined;
  try {
    fd = openSync('/dev/tty', 'r+');
    return { input: new ReadStream(fd), fd };
  } catch (cause) {
    if (fd !== undefined) closeSync(fd);
    throw new CliError('no_terminal', 'there is no terminal to ask on', { hint: instead, cause });
  }
}

async function ask({ input, fd }: Terminal, question: string): Promise<Uint8Array> {
  const line = new Uint8Array(MAX_LINE_BYTES);
  try {
    writeSync(fd, question);
    return line.slice(0, await readLine(input, line));
  } finally {
    writeSync(fd, '\n');
    wipe(line);
  }
}

/** Fills `line` with what is typed up to Enter and gives its length. */
async function readLine(input: ReadStream, line: Uint8Array): Promise<number> {
  let length = 0;
  for (;;) {
    const byte = await nextKey(input);
    switch (byte) {
      case LINE_FEED:
      case CARRIAGE_RETURN:
        return length;
      case CTRL_U:
        length = 0;
        break;
      case CTRL_H:
      case DELETE:
        length = beforeLastCharacter(line, length);
        break;
      default:
        if (length === line.length) {
          throw new CliError('too_large', `more than ${MAX_LINE_BYTES} bytes were typed; nothing was changed`);
        }
        line[length++] = byte;
    }
  }
}

/** @throws CliError `cancelled`, also where the terminal went away */
async function nextKey(input: ReadStream): Promise<number> {
  const byte = await nextByte(input);
  if (byte !== undefined && byte !== CTRL_C && byte !== CTRL_D) return byte;
  throw new CliError('cancelled', 'cancelled; nothing was changed');
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
