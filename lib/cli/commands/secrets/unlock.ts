import { wipe } from '../../../crypto/index.js';
import type { Command } from '../../console/command.js';
import { passphraseOption, readPassphrase } from '../../host/passphrase.js';

const HOUR_MS = 3_600_000;

export const command: Command = {
  usage: 'secrets unlock',
  summary: 'Open the gate to the gated verbs with the passphrase',
  options: [passphraseOption],
  examples: ['secrets unlock', 'secrets unlock --passphrase-file passphrase'],
  async run({ vault, note }, _, flags) {
    const { UNLOCK_IDLE_MS } = await import('../../../vault/index.js');
    const opened = await vault();
    await opened.planUnlock();
    const passphrase = await readPassphrase(flags);
    try {
      await opened.unlock(passphrase);
    } finally {
      wipe(passphrase);
    }
    note(`unlocked: good for ${UNLOCK_IDLE_MS / HOUR_MS} hours from its last use, or until vigocli secrets lock`);
  },
};
