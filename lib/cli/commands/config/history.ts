import type { Command } from '../../console/command.js';
import { formatTime } from '../../console/table.js';

interface ApiPublicationRow {
  readonly version: number;
  readonly published_at: number;
  readonly actor: string;
  readonly source: string;
  readonly message: string | null;
  readonly commit: string | null;
}

export const command: Command = {
  usage: 'config history',
  summary: 'List what was published, the newest first',
  options: [{ name: 'json', summary: 'Print JSON' }],
  examples: ['config history', 'config history --json'],
  async run({ api, json, table, note }, _, flags) {
    const { publications } = await (await api()).get<{ publications: ApiPublicationRow[] }>('/config/history');
    if (flags.is('json')) return json(publications);
    if (publications.length === 0) note('nothing was published yet');
    const rows = publications.map(({ version, published_at, actor, source, message, commit }) => [
      String(version),
      formatTime(published_at),
      actor,
      source,
      commit?.slice(0, 12) ?? '-',
      message ?? '',
    ]);
    table(['VERSION', 'WHEN', 'BY', 'FROM', 'COMMIT', 'MESSAGE'], rows);
  },
};
