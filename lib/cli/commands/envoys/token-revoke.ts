import type { Command } from '../../console/command.js';

export const command: Command = {
  usage: 'envoys token revoke <id>',
  summary: 'Withdraw a token, by the id that list shows',
  examples: ['envoys token revoke 1f0c8a5be2d94c37'],
  async run({ api, note }, [id = '']) {
    const path = `/enrollment-tokens/${encodeURIComponent(id)}/revoke`;
    const { changed } = await (await api()).post<{ changed: boolean }>(path);
    note(changed ? `token ${id} is withdrawn` : `token ${id} was withdrawn before`);
    if (changed) note('an envoy that enrolled by it stays one: vigocli envoys revoke expels it');
  },
};
