import type { Command } from '../command.js';
import { oneLine } from '../log.js';

/** Says who this machine is, what it accepted last, and what the agent found wrong. Asks nobody. */
export const command: Command = {
  name: 'status',
  summary: 'say whether this machine is enrolled, what it accepted last, and what goes wrong',
  options: [{ name: 'json', summary: 'as JSON' }],
  examples: ['status', 'status --json'],
  async run({ paths, out }, flags) {
    const { readStatus } = await import('../status.js');
    const status = await readStatus(paths);
    if (flags.is('json')) {
      out(`${JSON.stringify(status)}\n`);
      return;
    }
    const { problems, ...facts } = status;
    const line = (name: string, value: unknown) => out(`${name.padEnd(20)}  ${oneLine(String(value ?? '-'))}\n`);
    for (const [name, value] of Object.entries(facts)) line(name.replaceAll('_', ' '), value);
    for (const { task, reason, since, message, advice } of problems) {
      line(`problem: ${task}`, `${reason} since ${since}: ${message}`);
      if (advice !== null) line('what to do', advice);
    }
  },
};
