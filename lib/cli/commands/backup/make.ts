import { backupPassphraseOption, recipientOption } from '../../backup/locking.js';
import type { Command } from '../../console/command.js';

export const command: Command = {
  usage: 'backup <file>',
  summary: "Copy the server's whole home, master key included, into one encrypted file; - is stdout",
  options: [backupPassphraseOption, recipientOption, { name: 'force', summary: 'Replace the file if it is there' }],
  examples: [
    'backup /mnt/usb/vigo.backup',
    'backup vigo.backup --recipient ops.key.pub',
    'backup - --passphrase-file pass',
  ],
  async run(context, [target = ''], flags) {
    const { makeBackup } = await import('../../backup/make.js');
    await makeBackup(context, target, flags);
  },
};
