import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('terminal.py', import.meta.url));

/** Why there is no terminal, for whoever skips a test; undefined where there is one. */
export const noTerminal =
  spawnSync('python3', ['-c', 'import pty, os; os.waitstatus_to_exitcode']).status === 0
    ? undefined
    : "python3, 3.9 or newer, isn't here to make a terminal";

export interface Session {
  readonly shown: string;
  readonly code: number;
  /** Whether the terminal echoes and edits lines again. */
  readonly cooked: boolean;
}

/** What is typed once which text is shown, and the signal that the program gets then. */
export type Typed = readonly (readonly [prompt: string, keys: string, signal?: number])[];

/** Runs a program on a terminal of its own, as a person does. */
export function runOnTerminal(argv: readonly string[], env: Readonly<Record<string, string>>, typed: Typed): Session {
  const keys = typed.map(([prompt, keys, ...signal]) => [prompt, Buffer.from(keys).toString('hex'), ...signal]);
  const input = JSON.stringify({ argv, env: { PATH: process.env.PATH, ...env }, typed: keys });
  const { stdout, stderr } = spawnSync('python3', [SCRIPT], { input, encoding: 'utf8', timeout: 600_000 });
  if (stdout === '') throw new Error(stderr || 'the program waits for something that was not typed');
  return JSON.parse(stdout) as Session;
}
