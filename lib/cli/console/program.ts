import sade from 'sade';
import { toStdout } from '../../files/index.js';
import { version } from '../../version.js';
import { type Arguments, readArguments } from './arguments.js';
import { type Command, findCommand, inGroup, verbOf } from './command.js';
import type { CommandOption } from './flags.js';
import { GLOBAL_OPTIONS } from './global-options.js';
import { unknownCommand } from './unknown-command.js';

export interface Invocation extends Arguments {
  readonly command: Command;
}

/**
 * Finds the command that the words name and reads its arguments and flags. Where help or the version is asked for, it
 * is printed and nothing is left to run.
 *
 * sade knows the commands and writes the help; the reading is done here, because sade ends the process by itself, with
 * code 1 and no hint, where a command line is wrong.
 * @throws CliError `usage`
 */
export function readCommandLine(commands: readonly Command[], words: readonly string[]): Invocation | undefined {
  const argv = withSwitchesLast(words);
  const [first] = argv;
  if (first === undefined || first === '--help' || first === '-h') return print(describeProgram(commands));
  if (first === 'help') return readCommandLine(commands, [...argv.slice(1), '--help']);
  if (first === '--version' || first === '-v') return print(`vigocli ${version}\n`);

  const command = findCommand(commands, argv);
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

/**
 * `vigocli --quiet secrets list` is `vigocli secrets list --quiet`: these two take no value, so that they may stand anywhere. Behind
 * another option the words stay as they are: one of them may be its value.
 */
function withSwitchesLast(words: readonly string[]): readonly string[] {
  const end = words.findIndex((word) => word.startsWith('-') && !SWITCHES.includes(word));
  const before = end === -1 ? words : words.slice(0, end);
  const moved = before.filter((word) => SWITCHES.includes(word));
  if (moved.length === 0) return words;
  const verbs = before.filter((word) => !SWITCHES.includes(word));
  return [...verbs, ...moved, ...words.slice(before.length)];
}

/** The commands in groups; sade, which prints the help of each, would list them all in one. */
function describeProgram(commands: readonly Command[]): string {
  const groups = new Map<string, Command[]>();
  for (const command of commands) {
    const [group = ''] = verbOf(command.usage);
    const title = GROUPS[group] ?? 'This host';
    groups.set(title, [...(groups.get(title) ?? []), command]);
  }
  const options = GLOBAL_OPTIONS.map((option) => [`--${option.name}`, describeOption(option)] as const);
  const width = Math.max(...options.map(([name]) => name.length));
  return [
    'Usage: vigocli <command> [options]\n',
    ...[...groups].map(([title, members]) => `\n${title}\n${describeGroup(members)}`),
    '\nOptions of every command\n',
    ...options.map(([name, what]) => `  ${name.padEnd(width)}  ${what}\n`),
    '\nMore about a command, with examples: vigocli <command> --help\n',
  ].join('');
}

const SWITCHES = ['--quiet', '--json'];

/** What the first word of a command is about. */
const GROUPS: Readonly<Record<string, string>> = {
  secrets: 'Secrets',
  pki: 'Certificates and keys',
  config: 'Configuration',
  envoys: 'Envoys, the machines with an agent',
  audit: 'Audit log',
  backup: 'Backup',
  restore: 'Backup',
};

function describeGroup(members: readonly Command[]): string {
  const width = Math.max(...members.map(({ usage }) => usage.length));
  return members.map(({ usage, summary }) => `  vigocli ${usage.padEnd(width)}  ${summary}\n`).join('');
}

function printHelp(commands: readonly Command[], verb: readonly string[]): undefined {
  const program = sade('vigocli');
  for (const option of GLOBAL_OPTIONS) program.option(`--${option.name}`, describeOption(option));
  for (const { usage, summary, options = [], examples = [] } of commands) {
    program.command(usage, summary);
    for (const option of options) program.option(flagsOf(option), describeOption(option));
    for (const example of examples) program.example(example);
  }
  return print(captureHelp(() => program.parse(['', '', ...verb, '--help'])));
}

/** Returns what sade prints, so that it goes the same way as everything else. */
function captureHelp(show: () => void): string {
  const { log } = console;
  let shown = '';
  console.log = (text: string) => {
    shown += `${text}\n`;
  };
  try {
    show();
  } finally {
    console.log = log;
  }
  return shown;
}

function print(text: string): undefined {
  toStdout(text);
  return undefined;
}

function flagsOf({ name, short }: CommandOption): string {
  return short === undefined ? `--${name}` : `-${short}, --${name}`;
}

function describeOption({ value, summary }: CommandOption): string {
  return value === undefined ? summary : `<${value}>  ${summary}`;
}
