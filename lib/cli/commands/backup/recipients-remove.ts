import type { Command } from '../../console/command.js';

export const command: Command = {
  usage: 'backup recipients remove <id>',
  summary: 'Make backups for a recipient take an unlocked vault again; what it has stays readable for it',
  examples: ['backup recipients remove 0123456789abcdef', 'backup recipients remove ops.key.pub'],
  async run({ vault, store, note }, [named = '']) {
    const { readRecipientId, seenListVersion } = await import('../../backup/recipients.js');
    const id = await readRecipientId(named);
    await (await vault()).removeBackupRecipient(id, await seenListVersion(await store()));
    note(`recipient ${id} is no longer registered; it can still open the backups made for it`);
  },
};
