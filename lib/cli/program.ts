import { parseArgs } from 'node:util';
import sade from 'sade';
import { version } from '../version.js';
import type { Command, CommandOption, Flags } from './command.js';
import { CliError } from './errors.js';

export interface Invocation {
  readonly command: Command;
  readonly args: readonly string[];
  readonly flags: Flags;
}

/** Flags that every command takes. */
const GLOBAL_OPTIONS: readonly CommandOption[] = [
  { name: 'secrets-dir', value: 'path', summary: 'Where the secrets lie (default: secrets/ below VIGO_HOME)' },
  { name: 'key-file', value: 'path', summary: 'The master key (default: .master.key in the secrets folder)' },
];

/**
 * Finds the command that the words name and reads its arguments and flags. Where help or the version is asked for, it
 * is printed and nothing is left to run.
 *
 * sade knows the commands and writes the help; the reading is Node's `parseArgs`, because sade ends the process by
 * itself, with code 1 and no hint, where a command line is wrong.
 * @throws CliError `usage`
 */
export function readCommandLine(commands: readonly Command[], argv: readonly string[]): Invocation | undefined {
  const [first] = argv;
  if (first === undefined || first === '--help' || first === '-h') return printHelp(commands, []);
  if (first === '--version' || first === '-v') return printHelp(commands, ['--version']);

  const command = commands.find(({ usage }) => verbOf(usage).every((word, i) => argv[i] === word));
  const asksHelp = argv.includes('--help') || argv.includes('-h');
  if (command === undefined) {
    if (asksHelp && printGroup(commands, argv)) return undefined;
    throw unknownCommand(commands, argv);
  }
  const verb = verbOf(command.usage);
  if (asksHelp) return printHelp(commands, [...verb, '--help']);
  return { command, ...readArguments(command, argv.slice(verb.length)) };
}

function readArguments(command: Command, argv: readonly string[]): { args: readonly string[]; flags: Flags } {
  const options = [...GLOBAL_OPTIONS, ...(command.options ?? [])];
  const { values, positionals } = strictly(command, () =>
    parseArgs({
      args: [...argv],
      strict: true,
      allowPositionals: true,
      options: Object.fromEntries(
        options.map(({ name, value, repeatable }) => [
          name,
          { type: value === undefined ? ('boolean' as const) : ('string' as const), multiple: repeatable === true },
        ]),
      ),
    }),
  );
  const places = command.usage.split(' ').filter((word) => /^[<[]/.test(word));
  const missing = places.slice(positionals.length).find((place) => place.startsWith('<'));
  if (missing !== undefined) throw wrongUsage(command, `${missing} is missing`);
  const extra = positionals[places.length];
  if (extra !== undefined) throw wrongUsage(command, `${JSON.stringify(extra)} is one argument too many`);
  return {
    args: positionals,
    flags: {
      text: (name) => [values[name]].flat().findLast((value) => typeof value === 'string'),
      texts: (name) => [values[name]].flat().filter((value) => typeof value === 'string'),
      is: (name) => values[name] === true,
    },
  };
}

/** The parser's messages are good, but for their capital, their full stops, and its own advice. */
function strictly<T>(command: Command, parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    const [message = ''] = cause.message.split('. ');
    throw wrongUsage(command, message.charAt(0).toLowerCase() + message.slice(1).replaceAll("'", ''));
  }
}

function wrongUsage({ usage }: Command, what: string): CliError {
  return new CliError('usage', what, { hint: `vigocli ${verbOf(usage).join(' ')} --help` });
}

function unknownCommand(commands: readonly Command[], argv: readonly string[]): CliError {
  const words = argv.filter((word) => !word.startsWith('-'));
  const known = words.findIndex((_, i) => inGroup(commands, words.slice(0, i + 1)).length === 0);
  const group = words.slice(0, known === -1 ? words.length : known);
  const name = words.slice(0, group.length + 1).join(' ') || argv[0];
  const verbs = new Set(inGroup(commands, group).map(({ usage }) => verbOf(usage)[group.length]));
  return new CliError('usage', known === -1 ? `${name} needs a verb` : `there is no command ${JSON.stringify(name)}`, {
    hint: `vigocli ${[...group, ''].join(' ')}${[...verbs].join(' | ')}`,
  });
}

function printGroup(commands: readonly Command[], argv: readonly string[]): boolean {
  const group = argv.filter((word) => !word.startsWith('-'));
  const members = inGroup(commands, group);
  if (members.length === 0) return false;
  const width = Math.max(...members.map(({ usage }) => usage.length));
  const lines = members.map(({ usage, summary }) => `  vigocli ${usage.padEnd(width)}  ${summary}`);
  process.stdout.write(`${lines.join('\n')}\n`);
  return true;
}

function printHelp(commands: readonly Command[], argv: readonly string[]): undefined {
  const program = sade('vigocli').version(version);
  for (const option of GLOBAL_OPTIONS) program.option(`--${option.name}`, describeOption(option));
  for (const { usage, summary, options = [], examples = [] } of commands) {
    program.command(usage, summary);
    for (const option of options) program.option(`--${option.name}`, describeOption(option));
    for (const example of examples) program.example(example);
  }
  program.parse(['', '', ...(argv.length === 0 ? ['--help'] : argv)]);
  return undefined;
}

function inGroup(commands: readonly Command[], group: readonly string[]): Command[] {
  return commands.filter(({ usage }) => group.every((word, i) => verbOf(usage)[i] === word));
}

function verbOf(usage: string): string[] {
  return usage.split(' ').filter((word) => !/^[<[]/.test(word));
}

function describeOption({ value, summary }: CommandOption): string {
  return value === undefined ? summary : `<${value}>  ${summary}`;
}
