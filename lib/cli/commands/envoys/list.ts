import { parseLabels } from '../../../base/index.js';
import type { Command } from '../../command.js';
import {
  type ApiEnvoy,
  describeLabels,
  describeLastSeen,
  describeMissingSecrets,
  describeStatus,
} from '../../envoy.js';

export const command: Command = {
  usage: 'envoys list',
  summary: 'List the envoys, the revoked ones included',
  options: [
    { name: 'label', value: 'name=value', repeatable: true, summary: 'Only those with this label; repeatable' },
    { name: 'json', summary: 'Print JSON' },
  ],
  examples: ['envoys list', 'envoys list --label site=berlin --json'],
  async run({ api, json, table, note, warn }, _, flags) {
    const wanted = Object.entries(parseLabels(flags.texts('label')));
    const { envoys: all } = await (await api()).get<{ envoys: ApiEnvoy[] }>('/envoys');
    const envoys = all.filter(({ labels }) => wanted.every(([name, value]) => labels[name] === value));
    if (flags.is('json')) return json(envoys);
    if (all.length === 0) note('no envoys yet: vigocli envoys token makes what a machine enrolls with');
    table(
      ['HOST', 'STATUS', 'LAST SEEN', 'LABELS', 'ID'],
      envoys.map((envoy) => [
        envoy.host_name,
        describeStatus(envoy),
        describeLastSeen(envoy),
        describeLabels(envoy),
        envoy.id,
      ]),
    );
    const missing = describeMissingSecrets(envoys);
    if (missing !== undefined) warn(missing);
  },
};
