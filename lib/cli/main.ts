import { errorTable, type VigoError } from '../base/index.js';
import { errnoOf, filesError, hardenProcess } from '../files/index.js';
import { commands } from './commands.js';
import { COMPLETE, complete } from './completion/complete.js';
import { makeContext } from './context.js';
import { framesOf, toFailure } from './failure.js';
import { makeOutput, type Output } from './output.js';
import { readCommandLine } from './program.js';

/** What a shell says of a program that wrote to nobody: 128 and the number of the signal. */
const SIGPIPE_EXIT = 141;

/** Runs one command. Gives the exit code: words go to stderr, data to stdout. */
export async function main(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  hardenProcess();
  const output = makeOutput(env, { quiet: false });
  process.stdout.on('error', (error) => endWithReader(error, output));
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
    return complain(toFailure(error), output);
  }
}

/** @returns the exit code */
function complain(failure: VigoError, { error, problem }: Output): number {
  error(failure);
  if (failure.kind === 'internal') framesOf(failure.cause).forEach(problem);
  return errorTable[failure.kind].exit;
}

/**
 * Whoever read the output has seen enough, as in `vigocli audit list | head`: this ends as any program of the system does,
 * by SIGPIPE, which Node ignores. What was done is done, but nobody knows whether it went well, so it isn't 0. A full disk
 * has not taken the output.
 */
function endWithReader(error: Error, output: Output): void {
  process.exit(errnoOf(error) === 'EPIPE' ? SIGPIPE_EXIT : complain(filesError('write to', 'stdout', error), output));
}
