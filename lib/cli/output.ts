import { type Paint, paintFor } from './paint.js';
import { type Cell, formatTable } from './table.js';

/** What a command says: data to stdout, words to stderr. */
export interface Output {
  /** What was asked for, to stdout. */
  out(data: string | Uint8Array): void;
  /** A table to stdout; nothing where it has no rows. */
  table(header: readonly string[], rows: readonly (readonly Cell[])[]): void;
  /** What was done and what comes next; `--quiet` leaves it out. */
  note(line: string): void;
  /** What somebody should look at although it is no error. */
  warn(text: string): void;
  /** One of several things that are wrong, before the error that sums them up. */
  problem(line: string): void;
  /** For stdout. */
  readonly paint: Paint;
  /** Nothing but what was asked for, warnings and errors: no notes, no progress. */
  readonly quiet: boolean;
}

export function makeOutput(env: NodeJS.ProcessEnv, { quiet }: { quiet: boolean }): Output {
  const { stdout, stderr } = process;
  const paint = paintFor(stdout, env);
  const paintWords = paintFor(stderr, env);
  const say = (line: string) => void stderr.write(`${line}\n`);
  return {
    out: (data) => void stdout.write(data),
    table: (header, rows) => void stdout.write(formatTable(header, rows, paint)),
    note: (line) => (quiet ? undefined : say(line)),
    warn: (text) => say(`${paintWords('warn', 'warning:')} ${text}`),
    problem: say,
    paint,
    quiet,
  };
}
