import { homedir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { VigoError } from '../../base/index.js';
import type { Command } from '../console/command.js';
import type { CommandContext } from '../host/context.js';
import { makeContext } from '../host/context.js';
import type { ApiEnvoy } from '../remote/envoy.js';
import { type Known, type Suggestion, suggest } from './suggest.js';

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
  const words =
    wanted.kind === 'words' ? wanted.words : await inTime(known(wanted.kind, typed.at(-1) ?? '', wanted.options, env));
  const lines = words.map(({ word, summary }) => (summary === undefined ? word : `${word}\t${summary}`));
  return ['words', ...lines, ''].join('\n');
}

const PATIENCE_MS = 2000;

/** A shell waits for the answer while somebody types. */
async function inTime(words: Promise<Suggestion[]>): Promise<Suggestion[]> {
  return Promise.race([words, sleep(PATIENCE_MS, [], { ref: false })]);
}

async function known(
  kind: Known,
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
    const words = await SOURCES[kind](context, typed);
    return words.filter(({ word }) => word.startsWith(typed));
  } catch (error) {
    if (error instanceof VigoError) return [];
    throw error;
  } finally {
    await context.close();
  }
}

const SOURCES: Readonly<Record<Known, (context: CommandContext, typed: string) => Promise<Suggestion[]>>> = {
  async names({ vault }, typed) {
    return (await (await vault()).suggest(typed)).map((word) => ({ word }));
  },
  async envoys({ api }) {
    const { envoys } = await (await api()).get<{ envoys: ApiEnvoy[] }>('/envoys');
    return envoys.map(({ host_name, status }) => ({ word: host_name, summary: status }));
  },
  async tokens({ api }) {
    const { tokens } = await (await api()).get<{ tokens: ApiToken[] }>('/enrollment-tokens');
    return tokens
      .filter(({ state }) => state === 'unused')
      .map(({ id, match }) => ({ word: id, summary: `for ${match ?? 'any host'}` }));
  },
  async checks() {
    const { checks } = await import('../doctor/checks.js');
    return checks.map(({ name }) => ({ word: name }));
  },
  async actions() {
    const { auditActions } = await import('../../audit/index.js');
    return Object.keys(auditActions).map((word) => ({ word }));
  },
  async versions({ api }) {
    type Row = { readonly version?: number; readonly policy_version: number; readonly actor: string };
    const { publications } = await (await api()).get<{ publications: Row[] }>('/config/history');
    return publications.map(({ version, policy_version, actor }) => ({
      word: String(version ?? policy_version),
      summary: `by ${actor}`,
    }));
  },
};

interface ApiToken {
  readonly id: string;
  readonly state: string;
  readonly match: string | null;
}
