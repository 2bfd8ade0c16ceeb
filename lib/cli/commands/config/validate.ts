import type { Command } from '../../command.js';
import { withProblems } from '../../config.js';

export const command: Command = {
  usage: 'config validate',
  summary: 'Check the stacks as publish would, and change nothing',
  options: [{ name: 'json', summary: 'Print JSON' }],
  examples: ['config validate', 'config validate --json'],
  otherNames: ['check', 'lint'],
  async run(context, _, flags) {
    const checked = await withProblems(context, { json: flags.is('json') }, async () =>
      (await context.api()).post<{ digest: string; files: number }>('/config/validate'),
    );
    if (flags.is('json')) return context.json(checked);
    context.note(checked.files === 1 ? '1 file is valid' : `${checked.files} files are valid`);
  },
};
