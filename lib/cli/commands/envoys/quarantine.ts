import type { Command } from '../../console/command.js';
import type { ApiEnvoy } from '../../remote/envoy.js';

export const command: Command = {
  usage: 'envoys quarantine <envoy>',
  summary: 'Take the secrets of an envoy away until it is released; it goes on with what it has',
  examples: ['envoys quarantine web-1'],
  async run({ api, note }, [name = '']) {
    const { changed, envoy } = await (await api()).post<{ changed: boolean; envoy: ApiEnvoy }>(
      `/envoys/${encodeURIComponent(name)}/quarantine`,
    );
    if (!changed) return note(`${envoy.host_name} (${envoy.id}) was in quarantine already`);
    note(`${envoy.host_name} (${envoy.id}) gets no secrets from now on`);
    note('what it was handed before is still on that machine');
    note(`next: vigocli envoys release ${envoy.host_name}, or vigocli envoys revoke ${envoy.host_name}`);
  },
};
