import type { Command } from '../command.js';

/** Says who this machine is and what it accepted last. Asks nobody. */
export const command: Command = {
  name: 'status',
  summary: 'say whether this machine is enrolled, and what it accepted last',
  options: [{ name: 'json', summary: 'as JSON' }],
  examples: ['status', 'status --json'],
  async run({ paths, out }, flags) {
    const { readStatus } = await import('../status.js');
    const status = await readStatus(paths);
    if (flags.is('json')) {
      out(`${JSON.stringify(status)}\n`);
      return;
    }
    for (const [name, value] of Object.entries(status))
      out(`${name.replaceAll('_', ' ').padEnd(20)}  ${value ?? '-'}\n`);
  },
};
