import type { Command } from '../../console/command.js';
import type { ApiEnvoy } from '../../remote/envoy.js';

export const command: Command = {
  usage: 'envoys release <envoy>',
  summary: 'Let an envoy have secrets again that is in quarantine or seems to run twice',
  examples: ['envoys release web-1'],
  async run({ api, note }, [name = '']) {
    const { changed, envoy } = await (await api()).post<{ changed: boolean; envoy: ApiEnvoy }>(
      `/envoys/${encodeURIComponent(name)}/release`,
    );
    if (!changed) return note(`${envoy.host_name} (${envoy.id}) was not held back`);
    note(`${envoy.host_name} (${envoy.id}) gets its secrets again, from the next request on`);
    note('where two machines still are this envoy, that will be noticed again');
  },
};
