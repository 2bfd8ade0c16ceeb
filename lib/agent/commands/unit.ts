import { realpathSync } from 'node:fs';
import type { Command } from '../command.js';

/** For a machine whose agent was put there by hand. */
export const command: Command = {
  name: 'unit',
  summary: 'print a systemd unit that runs this agent, with no core files',
  options: [],
  examples: ['unit | install -m 644 /dev/stdin /etc/systemd/system/vigo.service'],
  async run({ paths, out }) {
    const { agentUnit } = await import('../unit.js');
    const [, program = ''] = process.argv;
    out(agentUnit([process.execPath, realpathSync(program)], paths));
  },
};
