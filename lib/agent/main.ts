import { errorTable, formatDefect, VigoError } from '../base/index.js';
import {
  endOnDefect,
  FilesError,
  finishStdout,
  hardenProcess,
  lineWriter,
  outputExit,
  SIGPIPE_EXIT,
  toStderr,
  toStdout,
} from '../files/index.js';
import { version } from '../version.js';
import type { CommandContext } from './command.js';
import { command as enroll } from './commands/enroll.js';
import { command as run } from './commands/run.js';
import { command as status } from './commands/status.js';
import { command as unit } from './commands/unit.js';
import { describeLoss, oneLine } from './log.js';
import { readCommandLine } from './program.js';

/**
 * Runs one command. Gives the exit code: words go to stderr, data to stdout. Output that can't be written stops nothing:
 * what is under way is done to its end, and the exit code says that some of the output is lost.
 */
export async function main(argv: readonly string[]): Promise<number> {
  hardenProcess();
  endOnDefect(failUnexpectedly);
  let lostOutput: FilesError | undefined;
  const unlessLost = (print: () => void) => {
    try {
      if (lostOutput === undefined) print();
    } catch (cause) {
      if (!(cause instanceof FilesError)) throw cause;
      lostOutput = cause;
    }
  };
  const out = (text: string) => unlessLost(() => toStdout(text));
  const log = lineWriter(2, describeLoss);
  const note = (line: string) => log(`${line}\n`);
  const exit = await runCommand(argv, { out, note, log });
  unlessLost(finishStdout);
  if (lostOutput === undefined) return exit;
  const exitOfLoss = outputExit(lostOutput);
  if (exitOfLoss !== SIGPIPE_EXIT) complain(note, lostOutput, lostOutput.hint);
  return exitOfLoss;
}

async function runCommand(
  argv: readonly string[],
  output: Pick<CommandContext, 'out' | 'note' | 'log'>,
): Promise<number> {
  const { out, note } = output;
  let exit = 0;
  const exitWith = (code: number) => {
    exit = code;
  };
  try {
    const asked = readCommandLine([enroll, run, status, unit], argv);
    if (asked.kind === 'text') out(asked.text);
    else await asked.command.run({ paths: asked.paths, exitWith, ...output }, asked.flags);
    return exit;
  } catch (error) {
    if (!(error instanceof VigoError)) return failUnexpectedly(error);
    const { adviceFor } = await import('./contact/advice.js');
    complain(note, error, adviceFor(error));
    return errorTable[error.kind].exit;
  }
}

function complain(note: (line: string) => void, { message }: VigoError, hint: string | undefined): void {
  note(`error: ${oneLine(message)}`);
  if (hint !== undefined) note(`hint: ${oneLine(hint)}`);
}

/** @returns the exit code */
function failUnexpectedly(error: unknown): number {
  toStderr(formatDefect('vigo', version, error));
  return errorTable.internal.exit;
}
