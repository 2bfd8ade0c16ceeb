import { homedir } from 'node:os';
import { VigoError } from '../../base/index.js';
import type { Command } from '../command.js';
import { makeContext } from '../context.js';
import { type Suggestion, suggest } from './suggest.js';

/** The word by which a shell asks: `vigocli --complete secrets re`, where `re` is being typed. */
export const COMPLETE = '--complete';

/**
 * Answers a shell: the line `files` where it shall look for files by itself; otherwise `words`, and a line for each,
 * its summary behind a tab. It never asks anybody for anything, and where the vault is locked, or there is none, it
 * knows no names.
 */
export async function complete(
  commands: readonly Command[],
  typed: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<string> {
  const wanted = suggest(commands, typed);
  if (wanted.kind === 'files') return 'files\n';
  const words = wanted.kind === 'words' ? wanted.words : await names(typed.at(-1) ?? '', wanted.options, env);
  const lines = words.map(({ word, summary }) => (summary === undefined ? word : `${word}\t${summary}`));
  return ['words', ...lines, ''].join('\n');
}

async function names(
  typed: string,
  options: ReadonlyMap<string, string>,
  env: NodeJS.ProcessEnv,
): Promise<Suggestion[]> {
  const context = makeContext(env, {
    text: (name) => options.get(name)?.replace(/^~(?=\/|$)/, homedir()), // a shell hands over what is typed as it stands
    texts: () => [],
    is: (name) => options.has(name),
  });
  try {
    return (await (await context.vault()).suggest(typed)).map((word) => ({ word }));
  } catch (error) {
    if (error instanceof VigoError) return [];
    throw error;
  } finally {
    await context.close();
  }
}
