import { wipe } from '../../../crypto/index.js';
import type { Command } from '../../console/command.js';
import { readKeyName } from '../../console/from-command-line.js';
import { askHiddenTwice } from '../../console/prompt.js';
import { expiresOption, ifVersionOption, readCondition, readExpiry } from '../../host/write-options.js';

export const command: Command = {
  usage: 'secrets set password <key>',
  summary: 'Store a password, typed at a hidden prompt: 12 characters with upper, lower, digit and special',
  options: [expiresOption, ifVersionOption],
  examples: ['secrets set password vigo/os-users/dan'],
  tooManyHint: 'a password never stands on the command line, where others see it: it is asked for',
  async run({ vault, note }, [name = ''], flags) {
    const key = readKeyName(name);
    const options = { kind: 'password', expiresMs: readExpiry(flags), ...readCondition(flags) } as const;
    const opened = await vault();
    await opened.planSet(key, options);
    const { PASSWORD_RULE } = await import('../../../vault/index.js');
    const value = await askHiddenTwice(
      `password of ${key}`,
      'for what a program stores there is: vigocli secrets set raw',
      { rule: PASSWORD_RULE },
    );
    try {
      note(`${key}: version ${await opened.set(key, value, options)} is stored`);
    } finally {
      wipe(value);
    }
  },
};
