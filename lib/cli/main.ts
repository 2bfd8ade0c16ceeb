import { errorTable, VigoError } from '../base/index.js';
import { errnoOf, hardenProcess } from '../files/index.js';
import { commands } from './commands.js';
import { COMPLETE, complete } from './completion/complete.js';
import { makeContext } from './context.js';
import { type Paint, paintFor } from './paint.js';
import { readCommandLine } from './program.js';

/** Runs one command. Gives the exit code: words go to stderr, data to stdout. */
export async function main(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  hardenProcess();
  process.stdout.on('error', endWithReader);
  try {
    if (argv[0] === COMPLETE) {
      process.stdout.write(await complete(commands, argv.slice(1), env));
      return 0;
    }
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
    complain(error, paintFor(process.stderr, env));
    return errorTable[error.kind].exit;
  }
}

function complain({ message, hint }: VigoError, paint: Paint): void {
  process.stderr.write(`${paint('fail', 'error:')} ${message}\n`);
  if (hint !== undefined) process.stderr.write(`${paint('heading', 'hint:')} ${hint}\n`);
}

/** Whoever read the output has seen enough: `vigocli audit list | head`. */
function endWithReader(error: Error): void {
  if (errnoOf(error) !== 'EPIPE') throw error;
  process.exit();
}
