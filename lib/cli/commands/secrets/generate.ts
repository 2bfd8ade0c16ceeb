import { isatty } from 'node:tty';
import { parseKeyName } from '../../../base/index.js';
import type { Command } from '../../command.js';
import { expiresOption, ifVersionOption, readCondition, readExpiry, readNumber } from '../../write-options.js';

export const command: Command = {
  usage: 'secrets generate <key>',
  summary: 'Store a random password that nobody sees: 24 characters of A-Z a-z 0-9 - . _ ~, 145 bits',
  options: [
    { name: 'length', value: 'n', summary: '12 to 1024 characters, 6 bits each (default 24)' },
    { name: 'print', summary: 'Print it, which is recorded like reveal' },
    expiresOption,
    ifVersionOption,
  ],
  examples: ['secrets generate vigo/db/password', 'secrets generate vigo/db/password --length 40 --expires 90d'],
  async run({ vault, verbatim, note }, [name = ''], flags) {
    const key = parseKeyName(name);
    const length = readNumber(flags, 'length', { least: 1 });
    const opened = await vault();
    const options = { length, expiresMs: readExpiry(flags), ...readCondition(flags) };
    const version = await opened.generate(key, options);
    note(`${key}: version ${version} is stored`);
    if (!flags.is('print')) return;
    const value = await opened.reveal(key, { version });
    verbatim(value.expose());
    if (isatty(1)) verbatim('\n');
  },
};
