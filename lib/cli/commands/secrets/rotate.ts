import { wipe } from '../../../crypto/index.js';
import type { Command } from '../../console/command.js';
import { newPassphraseOption, passphraseOption, readNewPassphrase, readPassphrase } from '../../host/passphrase.js';

export const command: Command = {
  usage: 'secrets rotate',
  summary: 'Replace the passphrase; asks for the current one, and locks the vault',
  options: [passphraseOption, newPassphraseOption],
  examples: ['secrets rotate', 'secrets rotate --passphrase-file old --new-passphrase-file new'],
  otherNames: ['passwd'],
  async run({ vault, note }, _, flags) {
    const opened = await vault();
    await opened.planUnlock();
    const current = await readPassphrase(flags, 'current passphrase');
    let next: Uint8Array | undefined;
    try {
      next = await readNewPassphrase(flags, newPassphraseOption.name);
      await opened.rotate(current, next);
    } finally {
      wipe(current);
      if (next !== undefined) wipe(next);
    }
    note('the passphrase is replaced, and the vault is locked');
    note('next: vigocli secrets unlock');
  },
};
