import { formatLabels, type Labels } from '../../../base/index.js';
import type { Command } from '../../console/command.js';
import { formatTime } from '../../console/table.js';

/** A token as the API describes it. */
interface ApiToken {
  readonly id: string;
  readonly state: 'unused' | 'used' | 'revoked' | 'expired';
  readonly match: string | null;
  readonly labels: Labels;
  readonly expires_at: number;
  readonly used_at: number | null;
  readonly used_from: string | null;
  readonly envoy_id: string | null;
}

export const command: Command = {
  usage: 'envoys token list',
  summary: 'List the tokens that can still be used; never what they are',
  options: [
    { name: 'all', summary: 'List the used, withdrawn and expired ones, too' },
    { name: 'json', summary: 'Print JSON' },
  ],
  examples: ['envoys token list', 'envoys token list --all --json'],
  async run({ api, json, table, note }, _, flags) {
    const { tokens } = await (await api()).get<{ tokens: ApiToken[] }>('/enrollment-tokens');
    const shown = flags.is('all') ? tokens : tokens.filter(({ state }) => state === 'unused');
    if (flags.is('json')) return json(shown);
    if (shown.length === 0) note(`no token can be used${tokens.length === 0 ? '' : '; --all shows the others'}`);
    table(
      ['ID', 'STATE', 'UNTIL', 'FOR', 'LABELS', 'USED'],
      shown.map((token) => [
        token.id,
        token.state,
        formatTime(token.expires_at),
        token.match ?? 'any host',
        formatLabels(token.labels).join(' ') || '-',
        describeUse(token),
      ]),
    );
  },
};

function describeUse({ used_at, used_from, envoy_id }: ApiToken): string {
  return used_at === null ? '-' : `${formatTime(used_at)} from ${used_from} by ${envoy_id}`;
}
