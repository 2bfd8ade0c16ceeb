import { errorTable, VigoError } from '../base/index.js';
import { hardenProcess } from '../files/index.js';
import { command as enroll } from './commands/enroll.js';
import { command as run } from './commands/run.js';
import { command as status } from './commands/status.js';
import { command as unit } from './commands/unit.js';
import { oneLine } from './log.js';
import { readCommandLine } from './program.js';

/** Runs one command. Gives the exit code: words go to stderr, data to stdout. */
export async function main(argv: readonly string[]): Promise<number> {
  hardenProcess();
  const out = (text: string) => void process.stdout.write(text);
  const note = (line: string) => void process.stderr.write(`${line}\n`);
  try {
    const asked = readCommandLine([enroll, run, status, unit], argv);
    if (asked.kind === 'text') out(asked.text);
    else await asked.command.run({ paths: asked.paths, out, note }, asked.flags);
    return 0;
  } catch (error) {
    if (!(error instanceof VigoError)) throw error;
    note(`error: ${oneLine(error.message)}`);
    const { adviceFor } = await import('./advice.js');
    const hint = adviceFor(error);
    if (hint !== undefined) note(`hint: ${oneLine(hint)}`);
    return errorTable[error.kind].exit;
  }
}
