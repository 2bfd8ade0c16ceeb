import type { CommandContext } from '../host/context.js';
import type { CommandOption, Flags } from './flags.js';

/** One verb. Every file below `commands/` exports one, named `command`. */
export interface Command {
  /** Words, then the arguments, those in brackets last: `secrets set raw <key>`, `secrets list [prefix]`. */
  readonly usage: string;
  readonly summary: string;
  readonly options?: readonly CommandOption[];
  readonly examples?: readonly string[];
  /** What other tools call it: the hint for whoever types that. */
  readonly otherNames?: readonly string[];
  /** The hint where more arguments are given than it takes. */
  readonly tooManyHint?: string;
  /** @throws VigoError; whatever was printed before is complete lines */
  run(context: CommandContext, args: readonly string[], flags: Flags): Promise<void>;
}

/** `secrets set raw <key>` has the words `secrets`, `set` and `raw`. */
export function verbOf(usage: string): string[] {
  return usage.split(' ').filter((word) => !isPlace(word));
}

/** `secrets set raw <key>` has one place, `<key>`. */
export function placesOf(usage: string): string[] {
  return usage.split(' ').filter(isPlace);
}

/** The commands that begin with these words. */
export function inGroup(commands: readonly Command[], group: readonly string[]): Command[] {
  return commands.filter(({ usage }) => group.every((word, i) => verbOf(usage)[i] === word));
}

/** The longest one that the words begin with: `envoys token list` is no argument of `envoys token`. */
export function findCommand(commands: readonly Command[], argv: readonly string[]): Command | undefined {
  return commands
    .filter(({ usage }) => verbOf(usage).every((word, i) => argv[i] === word))
    .sort((a, b) => verbOf(b.usage).length - verbOf(a.usage).length)[0];
}

function isPlace(word: string): boolean {
  return /^[<[]/.test(word);
}
