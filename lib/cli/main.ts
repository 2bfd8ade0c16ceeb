import { errorTable, VigoError } from '../base/index.js';
import { errnoOf, hardenProcess } from '../files/index.js';
import { commands } from './commands.js';
import { makeContext } from './context.js';
import { readCommandLine } from './program.js';

/** Runs one command. Gives the exit code: words go to stderr, data to stdout. */
export async function main(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  hardenProcess();
  process.stdout.on('error', endWithReader);
  try {
    const invocation = readCommandLine(commands, argv);
    if (invocation === undefined) return 0;
    const { command, args, flags } = invocation;
    const context = makeContext(env, flags);
    try {
      await command.run(context, args, flags);
    } finally {
      await context.close();
    }
    return 0;
  } catch (error) {
    if (!(error instanceof VigoError)) throw error;
    process.stderr.write(`error: ${error.message}\n${error.hint === undefined ? '' : `hint: ${error.hint}\n`}`);
    return errorTable[error.kind].exit;
  }
}

/** Whoever read the output has seen enough: `vigocli audit list | head`. */
function endWithReader(error: Error): void {
  if (errnoOf(error) !== 'EPIPE') throw error;
  process.exit();
}
