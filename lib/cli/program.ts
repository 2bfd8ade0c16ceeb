import sade from 'sade';
import { version } from '../version.js';
import { type Arguments, readArguments } from './arguments.js';
import type { Command, CommandOption } from './command.js';
import { CliError } from './errors.js';

export interface Invocation extends Arguments {
  readonly command: Command;
}

/** Flags that every command takes. */
const GLOBAL_OPTIONS: readonly CommandOption[] = [
  { name: 'secrets-dir', value: 'path', summary: 'Where the secrets lie (default: secrets/ below VIGO_HOME)' },
  { name: 'key-file', value: 'path', summary: 'The master key (default: .master.key in the secrets folder)' },
  { name: 'quiet', summary: 'Say nothing but what was asked for, warnings and errors' },
];

/**
 * Finds the command that the words name and reads its arguments and flags. Where help or the version is asked for, it
 * is printed and nothing is left to run.
 *
 * sade knows the commands and writes the help; the reading is done here, because sade ends the process by itself, with
 * code 1 and no hint, where a command line is wrong.
 * @throws CliError `usage`
 */
export function readCommandLine(commands: readonly Command[], argv: readonly string[]): Invocation | undefined {
  const [first] = argv;
  if (first === undefined || first === '--help' || first === '-h') return printHelp(commands, []);
  if (first === '--version' || first === '-v') return print(`vigocli ${version}\n`);

  const command = commands.find(({ usage }) => verbOf(usage).every((word, i) => argv[i] === word));
  const asksHelp = argv.includes('--help') || argv.includes('-h');
  if (command === undefined) {
    const group = argv.filter((word) => !word.startsWith('-'));
    const members = inGroup(commands, group);
    if (asksHelp && members.length > 0) return print(describeGroup(members));
    throw unknownCommand(commands, argv);
  }
  const verb = verbOf(command.usage);
  if (asksHelp) return printHelp(commands, verb);
  const options = [...GLOBAL_OPTIONS, ...(command.options ?? [])];
  return { command, ...readArguments(command, verb, options, argv.slice(verb.length)) };
}

/** Says how far the words are right, and what could come next. */
function unknownCommand(commands: readonly Command[], argv: readonly string[]): CliError {
  const options = argv.findIndex((word) => word.startsWith('-'));
  const words = argv.slice(0, options === -1 ? argv.length : options);
  const wrong = words.findIndex((_, i) => inGroup(commands, words.slice(0, i + 1)).length === 0);
  const group = words.slice(0, wrong === -1 ? words.length : wrong);
  const next = new Set(inGroup(commands, group).map(({ usage }) => verbOf(usage)[group.length]));
  const hint = `vigocli ${[...group, [...next].join(' | ')].join(' ')}`;
  if (words.length === 0) return new CliError('usage', 'a command comes before its options', { hint });
  if (wrong === -1) return new CliError('usage', `${group.join(' ')} needs a verb`, { hint });
  const name = words.slice(0, wrong + 1).join(' ');
  return new CliError('usage', `there is no command ${JSON.stringify(name)}`, { hint });
}

function describeGroup(members: readonly Command[]): string {
  const width = Math.max(...members.map(({ usage }) => usage.length));
  return members.map(({ usage, summary }) => `  vigocli ${usage.padEnd(width)}  ${summary}\n`).join('');
}

function printHelp(commands: readonly Command[], verb: readonly string[]): undefined {
  const program = sade('vigocli');
  for (const option of GLOBAL_OPTIONS) program.option(`--${option.name}`, describeOption(option));
  for (const { usage, summary, options = [], examples = [] } of commands) {
    program.command(usage, summary);
    for (const option of options) program.option(`--${option.name}`, describeOption(option));
    for (const example of examples) program.example(example);
  }
  program.parse(['', '', ...verb, '--help']);
  return undefined;
}

function print(text: string): undefined {
  process.stdout.write(text);
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
