import type { Command } from '../../console/command.js';
import { readKeyName } from '../../console/from-command-line.js';
import { jsonOption, printSecrets, printTree } from '../../host/secret-list.js';

export const command: Command = {
  usage: 'secrets list [prefix]',
  summary: 'List the names, never the values; warn of what has expired',
  options: [
    { name: 'tree', summary: 'As a tree of folders' },
    { name: 'long', summary: 'With version, time, kind and expiry' },
    jsonOption,
  ],
  examples: ['secrets list', 'secrets list vigo/db --long', 'secrets list --tree'],
  otherNames: ['ls'],
  async run(context, [prefix], flags) {
    const below = prefix === undefined ? undefined : readKeyName(prefix.replace(/\/$/, ''));
    const secrets = await (await context.vault()).list(below);
    if (secrets.length === 0 && !flags.is('json')) {
      context.note(below === undefined ? 'no secrets yet: vigocli secrets set raw <key>' : `no secrets below ${below}`);
    }
    if (flags.is('tree') && !flags.is('json')) printTree(context, secrets);
    else printSecrets(context, secrets, flags);
  },
};
