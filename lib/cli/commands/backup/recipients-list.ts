import type { Command } from '../../console/command.js';
import { formatTime } from '../../console/table.js';

export const command: Command = {
  usage: 'backup recipients list',
  summary: 'List the recipients for which backups are made while the vault is locked, too',
  options: [{ name: 'json', summary: 'Print JSON' }],
  examples: ['backup recipients list', 'backup recipients list --json'],
  async run({ vault, store, json, table, note }, _, flags) {
    const { seenListVersion } = await import('../../backup/recipients.js');
    const { recipients } = await (await vault()).backupRecipients(await seenListVersion(await store()));
    if (flags.is('json')) {
      return json(recipients.map(({ id, addedMs, by, key }) => ({ id, added_at: addedMs, added_by: by, key })));
    }
    if (recipients.length === 0) note('no recipient is registered: a backup takes an unlocked vault');
    table(
      ['RECIPIENT', 'SINCE', 'BY'],
      recipients.map(({ id, addedMs, by }) => [id, formatTime(addedMs), by]),
    );
  },
};
