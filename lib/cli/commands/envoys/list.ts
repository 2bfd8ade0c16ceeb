import type { Command } from '../../command.js';
import { type ApiEnvoy, describeLastSeen } from '../../envoy.js';

export const command: Command = {
  usage: 'envoys list',
  summary: 'List the envoys, the revoked ones included',
  options: [{ name: 'json', summary: 'Print JSON' }],
  async run({ api, out, table, note }, _, flags) {
    const { envoys } = await (await api()).get<{ envoys: ApiEnvoy[] }>('/envoys');
    if (flags.is('json')) return out(`${JSON.stringify(envoys)}\n`);
    if (envoys.length === 0) note('no envoys yet: vigocli envoys token makes what a machine enrolls with');
    table(
      ['HOST', 'STATUS', 'LAST SEEN', 'ID'],
      envoys.map((envoy) => [envoy.host_name, envoy.status, describeLastSeen(envoy), envoy.id]),
    );
  },
};
