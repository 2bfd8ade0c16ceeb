import { isatty } from 'node:tty';
import type { KeyName } from '../../base/index.js';
import type { SecretHistory, Vault } from '../../vault/index.js';
import { CliError } from '../errors.js';
import type { CommandContext } from '../host/context.js';
import type { CommandOption, Flags } from './flags.js';
import { formatTime } from './table.js';

export const yesOption: CommandOption = { name: 'yes', summary: 'Go on without asking; a program is never asked' };

/**
 * Says what is about to be lost, and asks whether to go on where a person sits at the terminal.
 * @param what like `version 3 of a/b is replaced`
 * @throws CliError `cancelled`
 */
export async function confirm({ note }: CommandContext, what: string, flags: Flags): Promise<void> {
  const { askKey, canAsk } = await import('./prompt.js');
  if (flags.is('yes') || !isatty(0) || !canAsk()) return note(what);
  const answer = await askKey(`${what}: go on? y or n`, ['y', 'n'], '--yes goes on without asking');
  if (answer === 'n') throw new CliError('cancelled', 'cancelled; nothing was changed');
}

/** What is known of a secret; undefined if it doesn't exist. */
export async function historyOf(vault: Vault, key: KeyName): Promise<SecretHistory | undefined> {
  const { VaultError } = await import('../../vault/index.js');
  try {
    return await vault.history(key);
  } catch (error) {
    if (error instanceof VaultError && error.code === 'not_found') return undefined;
    throw error;
  }
}

/** Like `version 3 (raw, of 2026-11-30T10:00:00Z by dan)`. */
export function describeVersion(version: SecretHistory['versions'][number]): string {
  if ('problem' in version) return `version ${version.version} (${version.problem})`;
  return `version ${version.version} (${version.kind}, of ${formatTime(version.createdMs)} by ${version.by})`;
}
