import { spawn } from 'node:child_process';
import { homedir } from 'node:os';
import { AgentError } from '../errors.js';
import type { Redaction } from '../redaction.js';
import { OutputTail } from './output-tail.js';

/** How long a command that ran out of time has to clean up after itself. */
const TERMINATION_GRACE_MS = 2000;
/** How long the output of a command that ended may stay open: what it left in the background may hold it for ever. */
const DRAIN_MS = 250;

/** A command line for `/bin/sh -c`, or a program and its arguments, which no shell sees. */
export type CommandLine = string | readonly string[];

export interface CommandOptions {
  readonly stdin?: Uint8Array | undefined;
  readonly cwd?: string | undefined;
  readonly timeoutMs: number;
  readonly redaction: Redaction;
}

export interface CommandEnd {
  /** Null where a signal ended it. */
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
export function runCommand(line: CommandLine, options: CommandOptions): Promise<CommandEnd> {
  const [program = '', ...args] = typeof line === 'string' ? ['/bin/sh', '-c', line] : line;
  const child = spawn(program, args, {
    cwd: options.cwd ?? '/',
    env: environment(),
    detached: true, // leads a process group, so that what it started ends with it
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const output = new OutputTail(options.redaction);
  child.stdout.on('data', (chunk) => output.push(chunk));
  child.stderr.on('data', (chunk) => output.push(chunk));
  child.stdin.on('error', () => {}); // it need not read what it is given
  child.stdin.end(options.stdin);

  return new Promise((resolve, reject) => {
    let timedOut = false;
    let timer = setTimeout(() => {
      timedOut = true;
      endGroup('SIGTERM');
      timer = setTimeout(endGroup, TERMINATION_GRACE_MS, 'SIGKILL');
    }, options.timeoutMs);

    function endGroup(signal: NodeJS.Signals): void {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, signal);
      } catch {
        // It ended by itself in this moment.
      }
    }

    child.on('error', (cause) => {
      clearTimeout(timer);
      reject(new AgentError('command_failed', `can't run ${program}: ${reasonOf(cause)}`, { cause }));
    });
    child.on('exit', () => {
      clearTimeout(timer);
      if (timedOut) endGroup('SIGKILL');
      timer = setTimeout(() => {
        child.stdout.destroy();
        child.stderr.destroy();
      }, DRAIN_MS);
    });
    child.on('close', (exitCode, signal) => {
      clearTimeout(timer);
      resolve({ exitCode, signal, timedOut, output: output.text(), outputBytes: output.seenBytes });
    });
  });
}

/** Nothing of the agent's own environment: the same command does the same under systemd and from a terminal. */
function environment(): NodeJS.ProcessEnv {
  return { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', HOME: homedir(), LANG: 'C.UTF-8' };
}

function reasonOf(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return 'there is no such program or working folder';
  if (error.code === 'EACCES') return 'permission denied';
  return error.code ?? 'it did not start';
}
