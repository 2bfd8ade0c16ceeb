import type { Command } from '../../console/command.js';
import { CliError } from '../../errors.js';
import { type ApiPublication, messageOption, notePublication, readMessage, withProblems } from '../../remote/config.js';

export const command: Command = {
  usage: 'config rollback [version]',
  summary: 'Make an earlier config live again, as a new version; the one before the live one unless you name one',
  options: [messageOption, { name: 'json', summary: 'Print JSON' }],
  examples: ['config rollback', 'config rollback 3 -m shop-was-down'],
  async run(context, [version], flags) {
    if (version !== undefined && !/^[1-9][0-9]{0,9}$/.test(version)) {
      throw new CliError('usage', `${JSON.stringify(version)} is not a version`, {
        hint: 'vigocli config history lists them',
      });
    }
    const body = { version: version === undefined ? undefined : Number(version), message: readMessage(flags) };
    const published = await withProblems(context, { json: flags.is('json') }, async () =>
      (await context.api()).post<ApiPublication>('/config/rollback', body),
    );
    notePublication(context, published, {
      what: version === undefined ? 'rolled back' : `rolled back to version ${version}`,
      json: flags.is('json'),
    });
    if (published.stacks_differ) {
      context.warn(`${context.home.stacks} still holds another config: the next config publish makes that one live`);
    }
  },
};
