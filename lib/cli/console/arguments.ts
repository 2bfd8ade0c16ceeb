import { parseArgs } from 'node:util';
import { nearest } from '../../base/index.js';
import { CliError } from '../errors.js';
import { type Command, placesOf } from './command.js';
import type { CommandOption, Flags } from './flags.js';

export interface Arguments {
  readonly args: readonly string[];
  readonly flags: Flags;
}

/**
 * Reads what stands behind a command's words.
 * @param verb the command's words, for the hint
 * @throws CliError `usage` for what the command doesn't take, what it needs, and a flag that is given twice
 */
export function readArguments(
  { usage, tooManyHint }: Command,
  verb: readonly string[],
  options: readonly CommandOption[],
  argv: readonly string[],
): Arguments {
  const help = `vigocli ${verb.join(' ')} --help`;
  const wrong = (what: string, hint = help) => new CliError('usage', what, { hint });
  const { tokens } = parseArgs({
    args: [...argv],
    strict: false, // the checks are made here: the messages of the strict parser are in another tone
    tokens: true,
    options: Object.fromEntries(
      options.map(({ name, short, value }) => [
        name,
        { type: value === undefined ? ('boolean' as const) : 'string', ...(short === undefined ? {} : { short }) },
      ]),
    ),
  });
  const args: string[] = [];
  const values = new Map<string, string[]>();
  for (const token of tokens) {
    if (token.kind === 'positional') args.push(token.value);
    if (token.kind !== 'option') continue;
    const { name, rawName, value, inlineValue } = token;
    const option = options.find((known) => known.name === name && [`--${name}`, `-${known.short}`].includes(rawName));
    if (option === undefined) throw wrong(`there is no option ${rawName}`, didYouMean(rawName, options) ?? help);
    if (option.value === undefined && value !== undefined) throw wrong(`${rawName} takes no value`);
    // `--from-file --json` is a forgotten path, not one that begins with dashes; `--secrets-dir "$UNSET"` isn't this folder.
    if (option.value !== undefined && (!value || (!inlineValue && value.startsWith('-')))) {
      throw wrong(`${rawName} needs a <${option.value}>`);
    }
    const earlier = values.get(name);
    if (earlier !== undefined && !option.repeatable) throw wrong(`${rawName} is given twice`);
    values.set(name, [...(earlier ?? []), value ?? '']);
  }
  const places = placesOf(usage);
  const missing = places[args.length];
  if (missing?.startsWith('<')) throw wrong(`${missing} is missing`);
  if (args.length > places.length) {
    // Which ones isn't said: somebody may have typed a secret.
    const taken = places.length === 0 ? 'no argument' : places.join(' ');
    throw wrong(`too many arguments: ${verb.join(' ')} takes ${taken}`, tooManyHint);
  }
  return {
    args,
    flags: {
      text: (name) => values.get(name)?.[0],
      texts: (name) => values.get(name) ?? [],
      is: (name) => values.has(name),
    },
  };
}

function didYouMean(rawName: string, options: readonly CommandOption[]): string | undefined {
  const name = nearest(
    rawName,
    options.map(({ name }) => `--${name}`),
  );
  return name && `did you mean: ${name}`;
}
