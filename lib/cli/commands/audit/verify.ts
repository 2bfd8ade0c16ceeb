import { toHex } from '../../../base/index.js';
import type { Command } from '../../console/command.js';
import { formatTime } from '../../console/table.js';
import { CliError } from '../../errors.js';

export const command: Command = {
  usage: 'audit verify',
  summary: 'Check the whole audit log: nothing edited, removed, inserted or cut off',
  options: [
    { name: 'db', value: 'path', summary: 'The log in another database, like a copy' },
    { name: 'json', summary: 'Print JSON' },
  ],
  examples: ['audit verify', 'audit verify --db /backup/vigo.db'],
  async run({ store: openStore, openDatabase, json, note }, _, flags) {
    const { verifyLog } = await import('../../../audit/index.js');
    const path = flags.text('db');
    const store = await (path === undefined ? openStore() : openDatabase(path));
    const verdict = await verifyLog((fromSeq, limit) => store.readAudit(fromSeq, limit));

    if (flags.is('json')) {
      json(verdict.ok ? { ...verdict, head: toHex(verdict.head), root: toHex(verdict.root) } : verdict);
    }
    if (!verdict.ok) {
      const message = flags.is('json') ? `the audit log does not hold at entry ${verdict.seq}` : verdict.message;
      throw new CliError('audit_broken', message, {
        hint: `the ${verdict.verified} entries before it hold together; compare with a backup`,
      });
    }
    if (flags.is('json')) return;
    note(`${verdict.size} entries hold together; tree root ${toHex(verdict.root)}`);
    const { listRestores } = await import('../../host/restores.js');
    for (const { seq, atMs } of await listRestores(store)) {
      note(
        `entry ${seq}, ${formatTime(atMs)}: an earlier state was put back, and what was recorded since that is not here`,
      );
    }
  },
};
