import type { Command } from '../../console/command.js';

export const command: Command = {
  usage: 'backup recipients add <key>',
  summary: 'Let backups for a recipient be made while the vault is locked, as by cron; takes a public key or its file',
  examples: ['backup recipients add ops.key.pub'],
  async run({ vault, store, note }, [source = '']) {
    const [{ readRecipient }, { nameRecipient, seenListVersion }] = await Promise.all([
      import('../../backup/locking.js'),
      import('../../backup/recipients.js'),
    ]);
    const named = nameRecipient(await readRecipient(source));
    const seen = await seenListVersion(await store());
    await (await vault()).addBackupRecipient({ ...named, seen });
    note(`recipient ${named.id} is registered: its holder can open every backup that is made for it`);
    note(`next: vigocli backup <file> --recipient ${source.startsWith('vgar_') ? '<key>' : source}`);
  },
};
