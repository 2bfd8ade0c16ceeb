import type { Command } from '../../console/command.js';
import { readKeyName } from '../../console/from-command-line.js';
import { ifVersionOption, readCondition, readNumber } from '../../host/write-options.js';

export const command: Command = {
  usage: 'secrets rollback <key>',
  summary: 'Store the value of an earlier version again, as a new one; also of a deleted secret',
  options: [
    {
      name: 'to',
      value: 'n',
      summary: 'Which version (default: the one before the current, or the last of a deleted)',
    },
    ifVersionOption,
  ],
  examples: ['secrets rollback vigo/db/dsn', 'secrets rollback vigo/db/dsn --to 3'],
  otherNames: ['undo'],
  async run({ vault, note }, [name = ''], flags) {
    const key = readKeyName(name);
    const to = readNumber(flags, 'to', { least: 1 });
    const { version, restored } = await (await vault()).rollback(key, { to, ...readCondition(flags) });
    note(`${key}: version ${version} is stored, with the value of version ${restored}`);
  },
};
