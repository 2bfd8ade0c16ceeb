import type { Command } from '../../console/command.js';
import { readKeyName } from '../../console/from-command-line.js';
import { forceOption, unlessInUse } from '../../host/secret-use.js';
import { ifVersionOption, readCondition } from '../../host/write-options.js';

export const command: Command = {
  usage: 'secrets mv <from> <to>',
  summary: 'Give a secret another name; its versions go along, and configs must name the new one',
  options: [ifVersionOption, forceOption],
  examples: ['secrets mv db/dsn shop/db/dsn'],
  otherNames: ['move', 'rename'],
  async run(context, [from = '', to = ''], flags) {
    const { vault, note } = context;
    const names = [readKeyName(from), readKeyName(to)] as const;
    const allow = unlessInUse(context, names[0], flags);
    const version = await (await vault()).move(...names, { ...readCondition(flags), allow });
    note(`${from} is ${to} now, at version ${version}`);
  },
};
