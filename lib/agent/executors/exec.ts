import { stat } from 'node:fs/promises';
import { constants } from 'node:os';
import { formatDuration } from '../../base/index.js';
import { errnoOf, filesError } from '../../files/index.js';
import type { ResolvedExec } from '../../policy/index.js';
import { AgentError } from '../errors.js';
import { type CommandEnd, type CommandLine, runCommand } from './command.js';
import type { Executor, ExecutorContext } from './executor.js';

/** A command. With none of `creates`, `onlyif`, `unless` and `watch_secret` it runs every time. */
export const execExecutor: Executor<ResolvedExec> = {
  async check(exec, context) {
    if (context.isTriggered === false) return 'ok';
    if (exec.creates !== undefined && (await exists(exec.creates))) return 'ok';
    if (exec.onlyif !== undefined && !(await succeeds('onlyif', exec.onlyif, exec, context))) return 'ok';
    if (exec.unless !== undefined && (await succeeds('unless', exec.unless, exec, context))) return 'ok';
    return { change: 'runs the command' };
  },

  async apply(exec, context) {
    const end = await run('command', exec.command, exec, context, exec.stdin?.expose());
    if (end.exitCode === 0) return;
    throw new AgentError('command_failed', `the command ${howItEnded(end)}${printed(exec, end, context)}`);
  },
};

async function succeeds(
  what: string,
  line: CommandLine,
  exec: ResolvedExec,
  context: ExecutorContext,
): Promise<boolean> {
  return (await run(what, line, exec, context)).exitCode === 0;
}

async function run(
  what: string,
  line: CommandLine,
  exec: ResolvedExec,
  context: ExecutorContext,
  stdin?: Uint8Array,
): Promise<CommandEnd> {
  const { redaction } = context;
  const end = await runCommand(line, { cwd: exec.cwd, timeoutMs: exec.timeoutMs, stdin, redaction });
  if (end.timedOut) {
    const limit = formatDuration(exec.timeoutMs);
    throw new AgentError('command_failed', `the ${what} was stopped after ${limit}${printed(exec, end, context)}`);
  }
  return end;
}

/** With what a shell says by its exit code: the output, which says it too, isn't shown where a secret goes in. */
function howItEnded({ exitCode, signal }: CommandEnd): string {
  if (exitCode === null) return `was ended by ${signal}`;
  const meaning =
    exitCode === 126
      ? "can't be run"
      : exitCode === 127
        ? 'program not found'
        : Object.entries(constants.signals).find(([, number]) => exitCode === 128 + number)?.[0];
  return meaning === undefined ? `exited with ${exitCode}` : `exited with ${exitCode}, ${meaning}`;
}

/** A command that gets a secret may print it in a spelling of its own, reversed or in pieces, which no redactor finds. */
function printed(
  { confidential }: ResolvedExec,
  { output, outputBytes }: CommandEnd,
  { redaction }: ExecutorContext,
): string {
  const hidden = (why: string) => (outputBytes === 0 ? '' : ` (${outputBytes} bytes of output aren't shown, ${why})`);
  if (confidential) return hidden('because a secret goes to its stdin');
  // It may show a value that is on this machine and that this process doesn't know.
  if (!redaction.knowsAll) return hidden('because the secrets of this policy could not be resolved');
  if (redaction.mayMissReplaced) return hidden('because the policy or a secret changed while the agent did not run');
  return output === '' ? '' : `: ${output}`;
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (cause) {
    if (errnoOf(cause) === 'ENOENT' || errnoOf(cause) === 'ENOTDIR') return false;
    throw filesError('look at', path, cause);
  }
}
