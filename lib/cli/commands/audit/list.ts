import { claimToJson, describeClaim, toBase64Url } from '../../../base/index.js';
import type { Command } from '../../console/command.js';
import { formatTime } from '../../console/table.js';
import { CliError } from '../../errors.js';

const DEFAULT_LIMIT = 50;

export const command: Command = {
  usage: 'audit list',
  summary: 'List the newest entries of the audit log, the oldest of them first',
  options: [
    { name: 'limit', value: 'n', summary: `How many (default ${DEFAULT_LIMIT})` },
    { name: 'action', value: 'action', summary: 'Only this action, like enrollment.refused' },
    { name: 'json', summary: 'Print one JSON object per line' },
  ],
  examples: ['audit list --action secret_accessed', 'audit list --limit 1000 --json'],
  otherNames: ['log'],
  async run({ store, json, table, note }, _, flags) {
    const limit = flags.text('limit') ?? String(DEFAULT_LIMIT);
    if (!/^[1-9][0-9]{0,6}$/.test(limit)) {
      throw new CliError('usage', `--limit ${JSON.stringify(limit)} is not a number from 1 to 9999999`);
    }
    const action = flags.text('action');
    const { auditActions, decodeEntry, isAuditAction } = await import('../../../audit/index.js');
    if (action !== undefined && !isAuditAction(action)) {
      const hint = `there is ${Object.keys(auditActions).join(', ')}`;
      throw new CliError('usage', `the log has no action ${JSON.stringify(action)}`, { hint });
    }
    const entries = await (await store()).listAudit({
      limit: Number(limit),
      ...(action === undefined ? {} : { action }),
    });
    const rows = entries.map(({ seq, bytes }) => {
      const { salt, claimedBy, ...entry } = decodeEntry(bytes);
      return { seq, ...entry, claimedBy, salt: toBase64Url(salt) };
    });
    if (flags.is('json')) {
      return json(
        ...rows.map(({ claimedBy, ...row }) => ({
          ...row,
          ...(claimedBy === undefined ? {} : { claimed_by: claimToJson(claimedBy) }),
        })),
      );
    }
    if (rows.length === 0) note('no entries');
    table(
      ['SEQ', 'WHEN', 'ACTION', 'OUTCOME', 'ACTOR', 'SUBJECT', 'DETAIL'],
      rows.map(({ seq, at, action, outcome, actor, claimedBy, subject, detail }) => [
        String(seq),
        formatTime(at),
        action,
        outcome,
        claimedBy === undefined ? actor : `${actor} (${describeClaim(claimedBy)})`,
        subject,
        detail === undefined ? '' : JSON.stringify(detail),
      ]),
    );
  },
};
