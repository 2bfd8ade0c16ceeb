import { parseKeyName } from '../../../base/index.js';
import type { Command } from '../../command.js';

export const command: Command = {
  usage: 'secrets reveal <key>',
  summary: 'Print a value, to the byte',
  examples: ['secrets reveal vigo/db/dsn', 'secrets reveal tls/key > key.pem'],
  async run({ vault, out, note }, [name = '']) {
    const value = await (await vault()).reveal(parseKeyName(name));
    out(value.expose());
    // Not to stdout, where even on a terminal every byte is one of the value.
    if (process.stdout.isTTY) note('');
  },
};
