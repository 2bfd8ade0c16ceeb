import type { Command } from '../../console/command.js';
import {
  type ApiPublication,
  checkoutOf,
  messageOption,
  notePublication,
  readMessage,
  withProblems,
} from '../../remote/config.js';

export const command: Command = {
  usage: 'config publish',
  summary: 'Check the stacks and make them the live config, all of them or none',
  options: [messageOption, { name: 'json', summary: 'Print JSON' }],
  examples: ['config publish', 'config publish -m port-8443'],
  otherNames: ['apply', 'deploy'],
  async run(context, _, flags) {
    const message = readMessage(flags);
    const published = await withProblems(context, { json: flags.is('json') }, async () => {
      const api = await context.api();
      const checkout = await checkoutOf(context.home.stacks);
      return api.post<ApiPublication>('/config/publish', { message, checkout });
    });
    notePublication(context, published, { what: 'published', json: flags.is('json') });
    if (message !== undefined && !published.changed) context.warn('the message is not kept: nothing was published');
  },
};
