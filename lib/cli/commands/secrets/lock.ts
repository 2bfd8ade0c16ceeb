import type { Command } from '../../command.js';

export const command: Command = {
  usage: 'secrets lock',
  summary: 'Close the gate at once',
  async run({ vault, note }) {
    const { recorded } = await (await vault()).lock();
    note(recorded ? 'locked' : 'locked, but the audit log could not record it');
  },
};
