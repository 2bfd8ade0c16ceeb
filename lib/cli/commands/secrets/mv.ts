import { parseKeyName } from '../../../base/index.js';
import type { Command } from '../../command.js';
import { ifVersionOption, readCondition } from '../../write-options.js';

export const command: Command = {
  usage: 'secrets mv <from> <to>',
  summary: 'Give a secret another name; its versions go along, and configs must name the new one',
  options: [ifVersionOption],
  examples: ['secrets mv db/dsn shop/db/dsn'],
  otherNames: ['move', 'rename'],
  async run({ vault, note }, [from = '', to = ''], flags) {
    const names = [parseKeyName(from), parseKeyName(to)] as const;
    const version = await (await vault()).move(...names, readCondition(flags));
    note(`${from} is ${to} now, at version ${version}`);
  },
};
