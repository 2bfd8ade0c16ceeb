import { type KeyName, VigoError } from '../../base/index.js';
import type { SecretUse, Stacks } from '../../policy/index.js';
import type { CommandOption, Flags } from '../console/flags.js';
import { listOf, plural } from '../console/plural.js';
import { CliError } from '../errors.js';
import type { CommandContext } from './context.js';

export const forceOption: CommandOption = {
  name: 'force',
  summary: 'Also where the live config or server.yaml refers to it',
};

type Host = Pick<CommandContext, 'home' | 'settings' | 'store'>;

/** What keeps a secret from being taken away; undefined with `--force`. The server needn't run. */
export function unlessInUse(host: Host, key: KeyName, flags: Flags): (() => Promise<void>) | undefined {
  return flags.is('force') ? undefined : () => demandUnused(host, key);
}

/** @throws CliError `in_use` where `server.yaml` or the live config refers to the secret, or the config can't be read */
async function demandUnused({ home, settings, store }: Host, key: KeyName): Promise<void> {
  const written = await settings();
  if (written?.refs.includes(key)) {
    throw new CliError('in_use', `${written.name} refers to ${key}: vigosrv would not start without it`, {
      hint: 'take the ref out of it first, or add --force',
    });
  }
  const database = await store();
  const stacks = await liveStacks({ home, database }, key);
  if (stacks === undefined) return;
  const { useOf } = await import('../../policy/index.js');
  const hosts = (await database.activeEnvoys()).map(({ hostName }) => hostName);
  const use = useOf(stacks, key, hosts);
  if (use === undefined) return;
  throw new CliError('in_use', `the live config refers to ${key}: ${describeUse(use)}`, {
    hint: 'publish a config without it first; with --force these envoys get no secrets until it exists again',
  });
}

/** @returns undefined where nothing is published. @throws CliError `in_use` where it can't be read */
async function liveStacks(
  { home, database }: { home: CommandContext['home']; database: Awaited<ReturnType<CommandContext['store']>> },
  key: KeyName,
): Promise<Stacks | undefined> {
  const live = await database.currentPublication();
  if (live === undefined) return undefined;
  const { loadTree, parseStacks } = await import('../../policy/index.js');
  try {
    return await parseStacks(await loadTree(home.published, live.digest));
  } catch (cause) {
    if (!(cause instanceof VigoError)) throw cause;
    throw new CliError('in_use', `the live config may refer to ${key}, and can't be read: ${cause.message}`, {
      hint: 'vigocli doctor says what is wrong with it; --force goes on without a look at it',
      cause,
    });
  }
}

function describeUse({ configcrates, isInRules, hosts }: SecretUse): string {
  const crates =
    configcrates.length > 0 ? [`${plural(configcrates.length, 'configcrate')} ${listOf(configcrates)}`] : [];
  const places = [...crates, ...(isInRules ? ['a rule of envoys.vgo'] : [])];
  return `${places.join(' and ').replace('1 configcrate ', 'configcrate ')}, used by ${plural(hosts, 'envoy')}`;
}
