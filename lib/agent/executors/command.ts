import { type ChildProcess, spawn } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { errnoOf } from '../../files/index.js';
import { AgentError } from '../errors.js';
import type { Redaction } from '../held/redaction.js';
import { OutputTail } from './output-tail.js';

/** How long a command that ran out of time has to clean up after itself. */
const TERMINATION_GRACE_MS = 2000;
/** How long the output of a command that ended may stay open: what it left in the background may hold it for ever. */
const DRAIN_MS = 250;

/**
 * Runs "$@" with a pipe as its standard input. What Node gives a child is a socket, which a program can't open as
 * /dev/stdin. Mode 444 lets a program that gave up root open it too: the pipe has no name, and its path in /proc is
 * open to nobody but those who could read the memory of that program. On SIGTERM the command alone
 * decides when it ends. What the shell itself says, like Terminated, isn't shown.
 */
const WITH_PIPE = `exec 3>&2 2>/dev/null; trap : TERM
(trap '' TERM; exec cat 3>&-) | { chmod 444 /dev/stdin; exec "$@" 2>&3 3>&-; }`;

/** A command line for `/bin/sh -c`, or a program and its arguments, which no shell sees. */
export type CommandLine = string | readonly string[];

export interface CommandOptions {
  readonly stdin?: Uint8Array | undefined;
  readonly cwd?: string | undefined;
  readonly timeoutMs: number;
  readonly redaction: Redaction;
}

export interface CommandEnd {
  /** Null where a signal ended it. A shell answers 128 and the number of the signal that ended what it ran. */
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly timedOut: boolean;
  /** The redacted end of what it printed, on either stream. */
  readonly output: string;
  /** How much it printed, on both streams together. */
  readonly outputBytes: number;
}

/**
 * Runs a command in a process group of its own with a minimal environment. What is secret goes in by standard input:
 * arguments and environment are readable by others.
 * @throws AgentError `command_failed` where it can't be started.
 */
export async function runCommand(line: CommandLine, options: CommandOptions): Promise<CommandEnd> {
  const { stdin, cwd = '/' } = options;
  const words = typeof line === 'string' ? ['/bin/sh', '-c', line] : line;
  const [program = '', ...args] = stdin === undefined ? words : ['/bin/sh', '-c', WITH_PIPE, 'sh', ...words];
  const child = start(program, args, cwd, stdin === undefined ? 'ignore' : 'pipe');
  // Node throws most errors at once, and tells others by an event.
  if (child instanceof Error) throw await whyNotStarted(program, cwd, child);
  const { pid } = child;
  const output = new OutputTail(options.redaction);
  const streams = [child.stdout, child.stderr];
  for (const stream of streams) stream?.on('data', (chunk) => output.push(chunk));
  child.stdin?.on('error', () => {}); // it need not read what it is given
  child.stdin?.end(stdin);

  return new Promise((resolve) => {
    let timedOut = false;
    let timer = setTimeout(() => {
      timedOut = true;
      endGroup('SIGTERM');
      timer = setTimeout(endGroup, TERMINATION_GRACE_MS, 'SIGKILL');
    }, options.timeoutMs);

    function endGroup(signal: NodeJS.Signals): void {
      try {
        if (pid !== undefined) process.kill(-pid, signal);
      } catch {
        // It ended by itself in this moment.
      }
    }

    child.on('error', (cause) => {
      clearTimeout(timer);
      // Rejects, however soon the child is closed.
      resolve(whyNotStarted(program, cwd, cause).then((error) => Promise.reject(error)));
    });
    child.on('exit', () => {
      clearTimeout(timer);
      if (timedOut) endGroup('SIGKILL');
      timer = setTimeout(() => {
        for (const stream of streams) stream?.destroy();
      }, DRAIN_MS);
    });
    child.on('close', (exitCode, signal) => {
      clearTimeout(timer);
      resolve({ exitCode, signal, timedOut, output: output.text(), outputBytes: output.seenBytes });
    });
  });
}

function start(program: string, args: readonly string[], cwd: string, stdin: 'ignore' | 'pipe'): ChildProcess | Error {
  try {
    return spawn(program, args, {
      cwd,
      env: environment(),
      detached: true, // leads a process group, so that what it started ends with it
      stdio: [stdin, 'pipe', 'pipe'],
    });
  } catch (cause) {
    if (errnoOf(cause) === undefined || !(cause instanceof Error)) throw cause;
    return cause;
  }
}

/** Nothing of the agent's own environment: the same command does the same under systemd and from a terminal. */
function environment(): NodeJS.ProcessEnv {
  return { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', HOME: homedir(), LANG: 'C.UTF-8' };
}

/** The kernel gives one error for both, the program and the folder that it starts in. */
async function whyNotStarted(program: string, cwd: string, cause: Error): Promise<AgentError> {
  const [what, errno] = await stat(cwd).then(
    (found) => (found.isDirectory() ? [`run ${program}`, errnoOf(cause)] : [`start in cwd ${cwd}`, 'ENOTDIR']),
    (error) => [`start in cwd ${cwd}`, errnoOf(error)],
  );
  const reason = START_ERRORS[errno ?? ''] ?? errno ?? 'it did not start';
  return new AgentError('command_failed', `can't ${what}: ${reason}`, { cause });
}

const START_ERRORS: Readonly<Record<string, string>> = {
  ENOENT: "it doesn't exist",
  ENOTDIR: 'it is a file, or leads through one, where a folder is needed',
  ELOOP: 'it is a loop of symbolic links',
  EACCES: 'permission denied',
  ENOEXEC: 'it is neither a program nor a script that begins with #!',
};
