import { isatty } from 'node:tty';
import type { KeyName } from '../../../base/index.js';
import type { Vault } from '../../../vault/index.js';
import type { Command } from '../../console/command.js';
import { confirm, describeVersion, historyOf, yesOption } from '../../console/confirm.js';
import type { Flags } from '../../console/flags.js';
import { readKeyName } from '../../console/from-command-line.js';
import type { CommandContext } from '../../host/context.js';
import { expiresOption, ifVersionOption, readCondition, readExpiry, readNumber } from '../../host/write-options.js';

export const command: Command = {
  usage: 'secrets generate <key>',
  summary: 'Store a random password that nobody sees: 24 characters of A-Z a-z 0-9 - . _ ~, 145 bits',
  options: [
    { name: 'length', value: 'n', summary: '12 to 1024 characters, 6 bits each (default 24)' },
    { name: 'print', summary: 'Print it, which is recorded like reveal' },
    expiresOption,
    ifVersionOption,
    yesOption,
  ],
  examples: ['secrets generate vigo/db/password', 'secrets generate vigo/db/password --length 40 --expires 90d'],
  async run(context, [name = ''], flags) {
    const { vault, verbatim, note } = context;
    const key = readKeyName(name);
    const length = readNumber(flags, 'length', { least: 12, most: 1024 });
    const opened = await vault();
    const condition = readCondition(flags);
    const expiresMs = readExpiry(flags);
    // Who names the version that is replaced has looked.
    const ifVersion = condition.ifVersion ?? (await confirmReplacing(context, opened, key, flags));
    const options = { length, expiresMs, ifVersion };
    const version = await opened.generate(key, options);
    note(`${key}: version ${version} is stored`);
    if (!flags.is('print')) return;
    const value = await opened.reveal(key, { version });
    verbatim(value.expose());
    if (isatty(1)) verbatim('\n');
  },
};

/** @returns the version that a person agreed to replace, if any: another one that is stored meanwhile isn't */
async function confirmReplacing(
  context: CommandContext,
  vault: Vault,
  key: KeyName,
  flags: Flags,
): Promise<number | undefined> {
  const current = (await historyOf(vault, key))?.versions.find((one) => 'problem' in one || one.current);
  if (current === undefined) return undefined;
  await confirm(
    context,
    `${key} exists: ${describeVersion(current)} is replaced, and kept as an earlier version`,
    flags,
  );
  return current.version;
}
