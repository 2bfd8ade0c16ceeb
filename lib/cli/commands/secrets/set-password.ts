import { parseKeyName } from '../../../base/index.js';
import { wipe } from '../../../crypto/index.js';
import type { Command } from '../../command.js';
import { askHiddenTwice } from '../../prompt.js';

export const command: Command = {
  usage: 'secrets set password <key>',
  summary: 'Store a password, typed at a hidden prompt: 12 characters with upper, lower, digit and special',
  examples: ['secrets set password vigo/os-users/dan'],
  async run({ vault, note }, [name = '']) {
    const key = parseKeyName(name);
    const opened = await vault();
    const value = await askHiddenTwice(
      `password of ${key}`,
      'for what a program stores there is: vigocli secrets set raw',
    );
    try {
      note(`${key}: version ${await opened.set(key, value, { kind: 'password' })} is stored`);
    } finally {
      wipe(value);
    }
  },
};
