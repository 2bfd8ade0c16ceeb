import { wipe } from '../../../crypto/index.js';
import type { Command } from '../../command.js';
import { newPassphraseOption, passphraseOption, readNewPassphrase, readPassphrase } from '../../passphrase.js';

export const command: Command = {
  usage: 'secrets rotate',
  summary: 'Replace the passphrase, knowing the present one; the gate is closed then',
  options: [passphraseOption, newPassphraseOption],
  examples: ['secrets rotate', 'secrets rotate --passphrase-file old --new-passphrase-file new'],
  otherNames: ['passwd'],
  async run({ vault, note }, _, flags) {
    const opened = await vault();
    const current = await readPassphrase(flags);
    const next = await readNewPassphrase(flags, newPassphraseOption.name);
    try {
      await opened.rotate(current, next);
    } finally {
      wipe(current, next);
    }
    note('the passphrase is replaced, and the vault is locked');
    note('next: vigocli secrets unlock');
  },
};
