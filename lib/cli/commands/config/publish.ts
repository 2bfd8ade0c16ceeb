import type { Command } from '../../command.js';
import { type ApiPublication, notePublication, withProblems } from '../../config.js';

export const command: Command = {
  usage: 'config publish',
  summary: 'Check the stacks and make them the live config, all of them or none',
  options: [{ name: 'json', summary: 'Print JSON' }],
  examples: ['config publish'],
  otherNames: ['apply', 'deploy'],
  async run(context, _, flags) {
    const published = await withProblems(context, { json: flags.is('json') }, async () =>
      (await context.api()).post<ApiPublication>('/config/publish'),
    );
    if (flags.is('json')) return context.json(published);
    notePublication(context, published, 'published');
  },
};
