import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { version } from '../version.js';
import type { Command, CommandOption, Flags } from './command.js';
import { AgentError } from './errors.js';
import { type AgentPaths, agentPaths, DEFAULT_CONFIG_DIR, DEFAULT_STATE_DIR } from './held/paths.js';

/** Flags that every command takes. */
const GLOBAL_OPTIONS: readonly CommandOption[] = [
  { name: 'config-dir', value: 'path', summary: `where the identity lies (default: ${DEFAULT_CONFIG_DIR})` },
  { name: 'state-dir', value: 'path', summary: `where the state lies (default: ${DEFAULT_STATE_DIR})` },
];

export type Invocation =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'command'; readonly command: Command; readonly flags: Flags; readonly paths: AgentPaths };

/**
 * Finds out what a command line asks for: a command, or a text to print (help, version).
 * @throws AgentError `usage`
 */
export function readCommandLine(commands: readonly Command[], argv: readonly string[]): Invocation {
  const [verb, ...args] = argv;
  if (verb === undefined) throw new AgentError('usage', 'which command?', { hint: 'vigo --help' });
  if (verb === '--help' || verb === '-h') return { kind: 'text', text: overview(commands) };
  if (verb === '--version' || verb === '-v') return { kind: 'text', text: `vigo ${version}\n` };
  const command = commands.find(({ name }) => name === verb);
  if (command === undefined) {
    const known = commands.map(({ name }) => name).join(' | ');
    throw new AgentError('usage', `there is no command ${JSON.stringify(verb.slice(0, 100))}`, {
      hint: `vigo ${known}`,
    });
  }
  if (args.includes('--help') || args.includes('-h')) return { kind: 'text', text: manual(command) };
  const flags = readFlags(command, args);
  const paths = agentPaths(
    resolve(flags.text('config-dir') ?? DEFAULT_CONFIG_DIR),
    resolve(flags.text('state-dir') ?? DEFAULT_STATE_DIR),
  );
  return { kind: 'command', command, flags, paths };
}

function readFlags(command: Command, args: readonly string[]): Flags {
  const hint = `vigo ${command.name} --help`;
  try {
    const { values } = parseArgs({
      args: [...args],
      strict: true,
      allowPositionals: false,
      options: Object.fromEntries(
        [...command.options, ...GLOBAL_OPTIONS].map(({ name, value }) => [
          name,
          { type: value === undefined ? ('boolean' as const) : ('string' as const) },
        ]),
      ),
    });
    return {
      text: (name) => (typeof values[name] === 'string' ? values[name] : undefined),
      is: (name) => values[name] === true,
    };
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    // Node's message is good, but for its capital, its full stops, and its own advice.
    const [message = ''] = cause.message.split('. ');
    throw new AgentError('usage', message.charAt(0).toLowerCase() + message.slice(1).replaceAll("'", ''), { hint });
  }
}

function overview(commands: readonly Command[]): string {
  const lines = commands.map(({ name, summary }) => `  vigo ${name.padEnd(8)}  ${summary}`);
  const examples = commands.flatMap(({ examples }) => examples.slice(0, 1)).map((example) => `  vigo ${example}`);
  return [
    'vigo keeps this machine in the state that its server declares.',
    '',
    'Commands',
    ...lines,
    '',
    'Options of every command',
    ...describe(GLOBAL_OPTIONS),
    '',
    'Examples',
    ...examples,
    '',
    'More about a command: vigo <command> --help',
    '',
  ].join('\n');
}

function manual({ name, summary, options, examples, notes }: Command): string {
  return [
    `vigo ${name}: ${summary}`,
    '',
    'Options',
    ...describe([...options, ...GLOBAL_OPTIONS]),
    '',
    'Examples',
    ...examples.map((example) => `  vigo ${example}`),
    '',
    ...(notes === undefined ? [] : [...notes, '']),
  ].join('\n');
}

function describe(options: readonly CommandOption[]): string[] {
  const spelled = options.map(({ name, value, summary }) => ({
    flag: value === undefined ? `--${name}` : `--${name} <${value}>`,
    summary,
  }));
  const width = Math.max(...spelled.map(({ flag }) => flag.length));
  return spelled.map(({ flag, summary }) => `  ${flag.padEnd(width)}  ${summary}`);
}
