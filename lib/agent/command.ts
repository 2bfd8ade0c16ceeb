import type { AgentPaths } from './held/paths.js';

/** The values of a command's flags, as typed. */
export interface Flags {
  text(name: string): string | undefined;
  is(name: string): boolean;
}

export interface CommandOption {
  readonly name: string;
  /** What stands behind the flag in the help, like `path`; a flag without it is a switch. */
  readonly value?: string;
  readonly summary: string;
}

/** One verb. Every file below `commands/` exports one, named `command`, and loads what it needs when it runs. */
export interface Command {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly CommandOption[];
  readonly examples: readonly string[];
  /** What else its help says, behind the examples. */
  readonly notes?: readonly string[];
  /** @throws VigoError */
  run(context: CommandContext, flags: Flags): Promise<void>;
}

export interface CommandContext {
  readonly paths: AgentPaths;
  /** Data, to stdout. */
  out(text: string): void;
  /** Ends the program with this code instead of 0, once the command is done. */
  exitWith(code: number): void;
  /** A line of words, to stderr. */
  note(line: string): void;
  /** A line of the log, with its line end, to stderr. */
  log(line: string): void;
}
