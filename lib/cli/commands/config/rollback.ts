import type { Command } from '../../command.js';
import { type ApiPublication, notePublication, withProblems } from '../../config.js';
import { CliError } from '../../errors.js';

export const command: Command = {
  usage: 'config rollback',
  summary: 'Make an earlier config live again, under a new version',
  options: [
    { name: 'to', value: 'version', summary: 'Which one (default: the one before the live one)' },
    { name: 'json', summary: 'Print JSON' },
  ],
  examples: ['config rollback', 'config rollback --to 1795300000000'],
  async run(context, _, flags) {
    const to = flags.text('to');
    if (to !== undefined && !/^[1-9][0-9]{0,15}$/.test(to)) {
      throw new CliError('usage', `${JSON.stringify(to)} is not a version`, {
        hint: 'vigocli config history lists them',
      });
    }
    const published = await withProblems(context, { json: flags.is('json') }, async () =>
      (await context.api()).post<ApiPublication>('/config/rollback', to === undefined ? {} : { to: Number(to) }),
    );
    if (flags.is('json')) return context.json(published);
    notePublication(context, published, 'rolled back');
  },
};
