import type { Command } from '../../console/command.js';
import type { ApiEnvoy } from '../../remote/envoy.js';

export const command: Command = {
  usage: 'envoys revoke <envoy>',
  summary: 'Expel an envoy for good: its id and its key stay refused',
  examples: ['envoys revoke web-1'],
  otherNames: ['remove'],
  async run({ api, note }, [name = '']) {
    const { changed, envoy } = await (await api()).post<{ changed: boolean; envoy: ApiEnvoy }>(
      `/envoys/${encodeURIComponent(name)}/revoke`,
    );
    if (!changed) return note(`${envoy.host_name} (${envoy.id}) was revoked before`);
    note(`${envoy.host_name} (${envoy.id}) is revoked`);
    note('what it was handed before is still on that machine: change those secrets');
  },
};
