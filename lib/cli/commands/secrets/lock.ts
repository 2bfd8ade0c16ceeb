import { existsSync } from 'node:fs';
import type { Command } from '../../console/command.js';
import { noVault } from '../../errors.js';

export const command: Command = {
  usage: 'secrets lock',
  summary: 'Close the gate at once',
  examples: ['secrets lock'],
  async run({ vault, note, warn }) {
    const opened = await vault();
    const { recorded } = await opened.lock();
    // Whoever named the wrong home must not believe that the gate is closed.
    if (!recorded && !existsSync(opened.layout.verifierFile)) throw noVault(opened.layout.secretsDir);
    note('locked');
    if (!recorded) warn('the audit log could not record it');
  },
};
