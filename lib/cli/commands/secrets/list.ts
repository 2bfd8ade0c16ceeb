import type { Command } from '../../command.js';

export const command: Command = {
  usage: 'secrets list',
  summary: 'List the names, never the values',
  options: [{ name: 'json', summary: 'Print JSON' }],
  async run({ vault, out, note }, _, flags) {
    const keys = await (await vault()).list();
    if (flags.is('json')) return out(`${JSON.stringify(keys)}\n`);
    if (keys.length === 0) note('no secrets yet: vigocli secrets set raw <key>');
    out(keys.map((key) => `${key}\n`).join(''));
  },
};
