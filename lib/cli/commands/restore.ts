import { backupPassphraseOption, identityOption } from '../backup/locking.js';
import type { Command } from '../console/command.js';

export const command: Command = {
  usage: 'restore <file>',
  summary: "Make a server's home of a backup, where there is none yet; - is stdin",
  options: [
    { name: 'home', value: 'path', summary: 'Where to; empty or not there yet (default: VIGO_HOME)' },
    backupPassphraseOption,
    identityOption,
  ],
  examples: ['restore /mnt/usb/vigo.backup', 'restore vigo.backup --home /srv/vigo-2 --identity ops.key'],
  async run(context, [source = ''], flags) {
    const { restoreBackup } = await import('../backup/restore.js');
    await restoreBackup(context, source, flags);
  },
};
