import { parseKeyName } from '../../../base/index.js';
import type { Command } from '../../command.js';

export const command: Command = {
  usage: 'secrets reveal <key>',
  summary: 'Print a value, to the byte; on a terminal with a newline behind it',
  examples: ['secrets reveal vigo/db/dsn', 'secrets reveal tls/key > key.pem'],
  async run({ vault, out }, [name = '']) {
    const value = await (await vault()).reveal(parseKeyName(name));
    out(value.expose());
    if (process.stdout.isTTY) out('\n');
  },
};
