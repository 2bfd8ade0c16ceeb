import { describeDefect, errorTable, type VigoError } from '../base/index.js';
import { endOnDefect, FilesError, finishStdout, hardenProcess, SIGPIPE_EXIT, toStdout } from '../files/index.js';
import { commands } from './commands.js';
import { COMPLETE, complete } from './completion/complete.js';
import { toFailure } from './console/failure.js';
import { makeOutput, type Output } from './console/output.js';
import { readCommandLine } from './console/program.js';
import { makeContext } from './host/context.js';

/** Runs one command. Returns the exit code: words go to stderr, data to stdout. */
export async function main(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  hardenProcess();
  const output = makeOutput(env, { quiet: false });
  const fail = (error: unknown) => complain(toFailure(error), output);
  endOnDefect(fail);
  try {
    await run(argv, env);
    finishStdout();
    return 0;
  } catch (error) {
    return fail(error);
  }
}

async function run(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  if (argv[0] === COMPLETE) {
    toStdout(await complete(commands, argv.slice(1), env));
    process.exit(0); // whatever a server that doesn't answer would keep open
  }
  const invocation = readCommandLine(commands, argv);
  if (invocation === undefined) return;
  const { command, args, flags } = invocation;
  const context = makeContext(env, flags);
  try {
    await command.run(context, args, flags);
  } finally {
    await context.close();
  }
}

/**
 * Says what went wrong, but for a reader of stdout that has seen enough, as in `vigocli audit list | head`: then this ends as
 * every program does that SIGPIPE kills. What was done is done, but whether it went well isn't known, so that isn't 0.
 * @returns the exit code
 */
function complain(failure: VigoError, { error, problem }: Output): number {
  if (failure instanceof FilesError && failure.code === 'reader_gone' && failure.path === 'stdout') return SIGPIPE_EXIT;
  error(failure);
  if (failure.kind === 'internal') for (const frame of describeDefect(failure.cause ?? failure).frames) problem(frame);
  return errorTable[failure.kind].exit;
}
