import { wipe } from '../../../crypto/index.js';
import type { Command } from '../../console/command.js';
import { askShown } from '../../console/prompt.js';
import { CliError } from '../../errors.js';
import { passphraseOption, readNewPassphrase } from '../../host/passphrase.js';

const WORD = 'RESET';

export const command: Command = {
  usage: 'secrets reset',
  summary: 'Replace a passphrase that nobody knows any more; whoever can read the master key may',
  options: [
    { ...passphraseOption, summary: 'Read the new passphrase from a file; one trailing newline is left out' },
    { name: 'yes', summary: `Instead of typing ${WORD}` },
  ],
  examples: ['secrets reset', 'secrets reset --yes --passphrase-file new'],
  async run({ vault, note }, _, flags) {
    const opened = await vault();
    await opened.planReset();
    if (!flags.is('yes')) {
      note('this replaces the passphrase without the old one; it is recorded, and the secrets stay as they are');
      if ((await askShown(`type ${WORD} to go on`, 'say --yes instead')) !== WORD) {
        throw new CliError('cancelled', 'cancelled; nothing was changed');
      }
    }
    const next = await readNewPassphrase(flags);
    try {
      await opened.reset(next);
    } finally {
      wipe(next);
    }
    note('the passphrase is replaced, and the vault is locked');
    note('next: vigocli secrets unlock');
  },
};
