import { isatty } from 'node:tty';
import { toStderr, toStdout } from '../../files/index.js';
import { type Cell, formatJson, formatLine } from './line.js';
import { paintFor } from './paint.js';
import { formatTable } from './table.js';

/**
 * What a command says: data to stdout, words to stderr. Everything but `verbatim` may hold what others wrote, file names
 * and messages of a server or a machine, and none of it moves anything on a terminal. What goes to stdout is written whole,
 * or throws what `toStdout` does.
 */
export interface Output {
  /** A line to stdout. */
  line(...cells: readonly Cell[]): void;
  /** As many lines to stdout. */
  lines(texts: readonly string[]): void;
  /** A table to stdout; nothing where it has no rows. */
  table(header: readonly string[], rows: readonly (readonly Cell[])[]): void;
  /** JSON to stdout, a line each. */
  json(...values: readonly unknown[]): void;
  /** To stdout, to the byte: the value of a secret, or a script of ours. */
  verbatim(data: string | Uint8Array): void;
  /** What was done and what comes next; `--quiet` leaves it out. */
  note(line: string): void;
  /** What somebody should look at although it is no error. */
  warn(text: string): void;
  /** One of several things that are wrong, before the error that sums them up. */
  problem(line: string): void;
  /** What made the command fail, and what to do about it. */
  error(failure: { readonly message: string; readonly hint?: string | undefined }): void;
  /** Nothing but what was asked for, warnings and errors: no notes, no progress. */
  readonly quiet: boolean;
}

export function makeOutput(env: NodeJS.ProcessEnv, { quiet }: { quiet: boolean }): Output {
  const paint = paintFor({ isTTY: isatty(1) }, env);
  const paintWords = paintFor({ isTTY: isatty(2) }, env);
  const say = (...cells: readonly Cell[]) => toStderr(formatLine(cells, paintWords));
  return {
    line: (...cells) => toStdout(formatLine(cells, paint)),
    lines: (texts) => toStdout(texts.map((text) => formatLine([text], paint)).join('')),
    table: (header, rows) => toStdout(formatTable(header, rows, paint)),
    json: (...values) => toStdout(values.map(formatJson).join('')),
    verbatim: toStdout,
    note: (line) => (quiet ? undefined : say(line)),
    warn: (text) => say({ text: 'warning:', tone: 'warn' }, ` ${text}`),
    problem: say,
    error({ message, hint }) {
      say({ text: 'error:', tone: 'fail' }, ` ${message}`);
      if (hint !== undefined) say({ text: 'hint:', tone: 'heading' }, ` ${hint}`);
    },
    quiet,
  };
}
