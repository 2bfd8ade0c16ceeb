import { closeSync, openSync, writeSync } from 'node:fs';
import { ReadStream } from 'node:tty';
import { fromUtf8 } from '../../base/index.js';
import { constantTimeEqual, wipe } from '../../crypto/index.js';
import { CliError } from '../errors.js';
import { cancelled, LineEditor, MARK_NO_PASTES, MARK_PASTES } from './line-editor.js';
import { discard, nextByte } from './terminal-input.js';

/** What is pasted into a terminal that doesn't mark pastes comes at once; what a person types next comes later. */
const BEHIND_MS = 40;
/** Ctrl-C and Ctrl-D. */
const CANCELS = [0x03, 0x04];
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

/**
 * Asks on the terminal itself, whatever stdin and stdout are, and shows nothing of what is typed.
 * @param instead the way without a terminal, which also takes what can't be typed
 * @param lines whether a paste may hold several lines
 * @returns the bytes typed, without the end of line, in a buffer that the caller wipes
 * @throws CliError `no_terminal`; `too_large`, `too_many_lines`; `cancelled` on Ctrl-C and Ctrl-D
 */
export async function askHidden(question: string, instead: string, { lines = false } = {}): Promise<Uint8Array> {
  return withTerminal(instead, async (terminal) => {
    const answer = await ask(terminal, `${question}: `, { lines });
    try {
      await demandNothingBehind(terminal);
      return answer;
    } catch (error) {
      wipe(answer);
      throw error;
    }
  });
}

/**
 * Asks for something new, and once more, so that a slip of the finger isn't kept.
 * @param rule what it must be like, said with the question
 * @throws CliError `mismatch`
 */
export async function askHiddenTwice(
  question: string,
  instead: string,
  { rule }: { rule: string },
): Promise<Uint8Array> {
  // In one go: what is pasted or typed ahead for the second question must not get lost behind the first.
  return withTerminal(instead, async (terminal) => {
    const first = await ask(terminal, `${question} (${rule}): `, { lines: false });
    let second: Uint8Array | undefined;
    try {
      second = await ask(terminal, `${question}, again: `, { lines: false });
      await demandNothingBehind(terminal);
      if (constantTimeEqual(first, second)) return first;
      throw new CliError('mismatch', 'the two entries differ', { hint: 'nothing was changed: try again' });
    } catch (error) {
      wipe(first);
      throw error;
    } finally {
      if (second !== undefined) wipe(second);
    }
  });
}

/** Asks for something that is no secret; the terminal shows it. Throws what `askHidden` does. */
export async function askShown(question: string, instead: string): Promise<string> {
  return withTerminal(instead, async (terminal) => {
    terminal.input.setRawMode(false);
    writeSync(terminal.fd, `${question}: `);
    const answer = fromUtf8(await readLine(terminal.input, { lines: false }));
    await demandNothingBehind(terminal);
    return answer;
  });
}

/** Asks for one of several keys, without Enter, and shows it. Throws what `askHidden` does. */
export async function askKey<K extends string>(question: string, keys: readonly K[], instead: string): Promise<K> {
  return withTerminal(instead, async ({ input, fd }) => {
    writeSync(fd, `${question}: `);
    try {
      for (;;) {
        const byte = await nextKey(input);
        if (CANCELS.includes(byte)) throw cancelled();
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
  /** The way without this terminal. */
  readonly instead: string;
}

/** Runs `work` while the terminal hands over every key at once, marks what is pasted, and echoes nothing. */
async function withTerminal<T>(instead: string, work: (terminal: Terminal) => Promise<T>): Promise<T> {
  const terminal = openTerminal(instead);
  const { input, fd } = terminal;
  const marksPastes = !['', 'dumb'].includes(process.env.TERM ?? '');
  const restore = () => {
    process.off('exit', restore);
    for (const signal of SIGNALS) process.off(signal, endBy);
    try {
      if (marksPastes) writeSync(fd, MARK_NO_PASTES);
      input.setRawMode(false);
    } catch {
      // It is gone, and its state with it.
    }
  };
  const endBy = (signal: NodeJS.Signals) => {
    restore();
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
  };
  try {
    input.setRawMode(true);
    process.on('exit', restore);
    for (const signal of SIGNALS) process.on(signal, endBy);
    if (marksPastes) writeSync(fd, MARK_PASTES);
    await demandNothingBefore(terminal);
    return await work(terminal);
  } catch (error) {
    await discard(input, BEHIND_MS); // the rest of a paste is no command for the shell
    throw error;
  } finally {
    restore();
    input.destroy();
  }
}

function openTerminal(instead: string): Terminal {
  let fd: number | undefined;
  try {
    fd = openSync('/dev/tty', 'r+');
    return { input: new ReadStream(fd), fd, instead };
  } catch (cause) {
    if (fd !== undefined) closeSync(fd);
    throw new CliError('no_terminal', 'there is no terminal to ask on', { hint: instead, cause });
  }
}

/**
 * What was typed or pasted before the question was shown isn't meant for it: the next commands, as a rule.
 * @throws CliError `typed_ahead`
 */
async function demandNothingBefore({ input, instead }: Terminal): Promise<void> {
  if (!(await discard(input, 1))) return;
  throw new CliError('typed_ahead', 'something was typed or pasted before the question; nothing of it was used', {
    hint: `run the command again, by itself; ${instead}`,
  });
}

/** A paste of several lines, on a terminal that doesn't mark them, would be cut off. @throws CliError `too_many_lines` */
async function demandNothingBehind({ input, instead }: Terminal): Promise<void> {
  if (!(await discard(input, BEHIND_MS))) return;
  throw new CliError('too_many_lines', 'more was pasted than this terminal hands over as one; nothing was changed', {
    hint: instead,
  });
}

async function ask(
  { input, fd, instead }: Terminal,
  question: string,
  options: { lines: boolean },
): Promise<Uint8Array> {
  try {
    writeSync(fd, question);
    return await readLine(input, options);
  } catch (error) {
    if (!(error instanceof CliError) || error.code !== 'too_many_lines') throw error;
    throw new CliError('too_many_lines', error.message, { hint: instead });
  } finally {
    writeSync(fd, '\n');
  }
}

/** What is typed up to Enter, in a buffer that the caller wipes. */
async function readLine(input: ReadStream, options: { lines: boolean }): Promise<Uint8Array> {
  const line = new LineEditor(options);
  try {
    while (!line.take(await nextKey(input), performance.now()));
    return line.value();
  } finally {
    line.wipe();
  }
}

/** @throws CliError `cancelled` where the terminal went away */
async function nextKey(input: ReadStream): Promise<number> {
  const byte = await nextByte(input);
  if (byte === undefined) throw cancelled();
  return byte;
}
