import { nearest } from '../../base/index.js';
import { CliError } from '../errors.js';
import { type Command, inGroup, verbOf } from './command.js';

/** Says how far the words are right, and what was meant or could come next. */
export function unknownCommand(commands: readonly Command[], argv: readonly string[]): CliError {
  const options = argv.findIndex((word) => word.startsWith('-'));
  const words = argv.slice(0, options === -1 ? argv.length : options);
  const right = words.findIndex((_, i) => inGroup(commands, words.slice(0, i + 1)).length === 0);
  const group = words.slice(0, right === -1 ? words.length : right);
  const members = inGroup(commands, group);
  const next = new Set(members.map(({ usage }) => verbOf(usage)[group.length]));
  const hint = `vigocli ${[...group, [...next].join(' | ')].join(' ')}`;
  if (words.length === 0) return new CliError('usage', 'a command comes before its options', { hint });
  const wrong = words[group.length];
  if (wrong === undefined) return new CliError('usage', `${group.join(' ')} needs a verb`, { hint });
  const message = `there is no command ${JSON.stringify([...group, wrong].join(' '))}`;
  return new CliError('usage', message, { hint: didYouMean(members, group.length, wrong) ?? hint });
}

/** A verb that was misspelled, typed without its group, or called as other tools call it. */
function didYouMean(members: readonly Command[], depth: number, wrong: string): string | undefined {
  const meant = new Map<string, Set<string>>();
  const add = (word: string, verb: readonly string[]) => {
    meant.set(word, new Set([...(meant.get(word) ?? []), `vigocli ${verb.join(' ')}`]));
  };
  for (const { usage, otherNames = [] } of members) {
    const verb = verbOf(usage);
    for (const [i, word] of verb.entries()) if (i >= depth) add(word, i === depth ? verb.slice(0, depth + 1) : verb);
    for (const word of otherNames) add(word, verb);
  }
  const word = meant.has(wrong) ? wrong : nearest(wrong, meant.keys());
  return word === undefined ? undefined : `did you mean: ${[...(meant.get(word) ?? [])].join(' | ')}`;
}
