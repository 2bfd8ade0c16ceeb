import { errorTable, type VigoError } from '../base/index.js';
import { errnoOf, filesError, hardenProcess } from '../files/index.js';
import { commands } from './commands.js';
import { COMPLETE, complete } from './completion/complete.js';
import { makeContext } from './context.js';
import { framesOf, toFailure } from './failure.js';
import { type Paint, paintFor } from './paint.js';
import { readCommandLine } from './program.js';

/** Runs one command. Gives the exit code: words go to stderr, data to stdout. */
export async function main(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  hardenProcess();
  const paint = paintFor(process.stderr, env);
  process.stdout.on('error', (error) => endWithReader(error, paint));
  process.stderr.on('error', () => {}); // nobody reads the words any more; what is being done is done to its end
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
    return complain(toFailure(error), paint);
  }
}

/** @returns the exit code */
function complain(failure: VigoError, paint: Paint): number {
  const { kind, message, hint } = failure;
  process.stderr.write(`${paint('fail', 'error:')} ${message}\n`);
  if (hint !== undefined) process.stderr.write(`${paint('heading', 'hint:')} ${hint}\n`);
  if (kind === 'internal') process.stderr.write(framesOf(failure.cause));
  return errorTable[kind].exit;
}

/** Whoever read the output has seen enough: `vigocli audit list | head`. A full disk has not taken it. */
function endWithReader(error: Error, paint: Paint): void {
  process.exit(errnoOf(error) === 'EPIPE' ? 0 : complain(filesError('write to', 'stdout', error), paint));
}
