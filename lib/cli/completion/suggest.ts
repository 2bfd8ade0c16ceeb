import { type Command, findCommand, inGroup, placesOf, verbOf } from '../console/command.js';
import type { CommandOption } from '../console/flags.js';
import { GLOBAL_OPTIONS } from '../console/global-options.js';

export interface Suggestion {
  readonly word: string;
  readonly summary?: string;
}

/** What may stand where the cursor is. */
export type Suggestions =
  | { readonly kind: 'words'; readonly words: readonly Suggestion[] }
  | { readonly kind: 'files' }
  /** What this host knows, of the vault and the server that the options on the line name. */
  | { readonly kind: Known; readonly options: ReadonlyMap<string, string> };

/** Names of secrets, envoys and so on. */
export type Known = 'names' | 'envoys' | 'tokens' | 'checks' | 'actions' | 'versions';

type Words = Suggestions & { readonly kind: 'words' };

const NOTHING: Words = { kind: 'words', words: [] };
const FILES: Suggestions = { kind: 'files' };

/** What arguments and the values of options are, by what the table of commands calls them. */
const KNOWN: Readonly<Record<string, Known>> = {
  ...{ key: 'names', prefix: 'names', from: 'names', to: 'names' },
  ...{ envoy: 'envoys', id: 'tokens', check: 'checks', action: 'actions', version: 'versions' },
};
/** Arguments and the values of options, as the table of commands calls them, that are files. */
const PATHS = ['path', 'file'];

/**
 * Completes a command line from the table of commands.
 * @param words what stands behind `vigocli`; the last one is being typed, and may be empty
 */
export function suggest(commands: readonly Command[], words: readonly string[]): Suggestions {
  if (words[0] === 'help' && words.length > 1) return suggest(commands, words.slice(1));
  const typed = words.at(-1) ?? '';
  const before = words.slice(0, -1);
  const command = findCommand(commands, before);
  if (command === undefined) return beginningWith(typed, verbs(commands, before, typed));
  const longer = typed.startsWith('-') ? NOTHING : beginningWith(typed, longerVerbs(commands, before));
  return longer.words.length > 0 ? longer : beginningWith(typed, argumentsOf(command, before, typed));
}

/** `verify` behind `backup`, which is a verb by itself. */
function longerVerbs(commands: readonly Command[], verb: readonly string[]): Words {
  return verbs(
    commands.filter(({ usage }) => verbOf(usage).length > verb.length),
    verb,
    '',
  );
}

function verbs(commands: readonly Command[], group: readonly string[], typed: string): Words {
  if (typed.startsWith('-')) return group.length > 0 ? words(HELP) : words(HELP, VERSION);
  const next = new Map<string, Suggestion>();
  for (const { usage, summary } of inGroup(commands, group)) {
    const [word = '', ...rest] = verbOf(usage).slice(group.length);
    // The summary of a group that has several verbs is none of theirs.
    next.set(word, rest.length === 0 ? { word, summary } : { word });
  }
  return words(...next.values());
}

function argumentsOf({ usage, options = [] }: Command, before: readonly string[], typed: string): Suggestions {
  const taken = [...GLOBAL_OPTIONS, ...options];
  const given = new Map<string, string>();
  let place = 0;
  let open: CommandOption | undefined;
  for (const word of before.slice(verbOf(usage).length)) {
    const option = taken.find(({ name, short }) => word === `--${name}` || word === `-${short}`);
    if (open !== undefined) {
      given.set(open.name, word);
      open = undefined;
    } else if (option !== undefined) {
      given.set(option.name, '');
      if (option.value !== undefined) open = option;
    } else if (!word.startsWith('-')) place++;
  }
  if (open !== undefined) {
    const known = open.name === 'recipient' ? undefined : KNOWN[open.value ?? ''];
    if (known !== undefined && known !== 'names') return { kind: known, options: given };
    return PATHS.includes(open.value ?? '') ? FILES : NOTHING;
  }
  if (typed.startsWith('-')) {
    const left = taken.filter(({ name, repeatable }) => repeatable || !given.has(name));
    return words(...left.map(({ name, summary }) => ({ word: `--${name}`, summary })), HELP);
  }
  const what = placesOf(usage)[place]?.slice(1, -1);
  if (what === undefined) return NOTHING;
  const known = KNOWN[what];
  if (known !== undefined) return { kind: known, options: given };
  if (PATHS.includes(what)) return FILES;
  return words(...(what.includes('|') ? what.split('|').map((word) => ({ word })) : []));
}

const HELP: Suggestion = { word: '--help', summary: 'How it is used' };
const VERSION: Suggestion = { word: '--version', summary: 'Which version this is' };

function words(...words: Suggestion[]): Words {
  return { kind: 'words', words };
}

function beginningWith(typed: string, suggestions: Words): Words;
function beginningWith(typed: string, suggestions: Suggestions): Suggestions;
function beginningWith(typed: string, suggestions: Suggestions): Suggestions {
  if (suggestions.kind !== 'words') return suggestions;
  return words(...suggestions.words.filter(({ word }) => word.startsWith(typed)));
}
