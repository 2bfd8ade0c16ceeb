import { parseKeyName } from '../../../base/index.js';
import type { Command } from '../../command.js';

export const command: Command = {
  usage: 'secrets delete <key>',
  summary: 'Remove a secret; its versions are kept, encrypted, on this host',
  examples: ['secrets delete vigo/db/dsn'],
  async run({ vault, note }, [name = '']) {
    const key = parseKeyName(name);
    await (await vault()).delete(key);
    note(`${key} is deleted`);
  },
};
