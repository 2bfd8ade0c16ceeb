import { matchesGlob, parseKeyGlob } from '../../../base/index.js';
import type { Command } from '../../console/command.js';
import { fromCommandLine } from '../../console/from-command-line.js';
import { jsonOption, printSecrets } from '../../host/secret-list.js';

export const command: Command = {
  usage: 'secrets search <glob>',
  summary: 'List the names that fit a pattern, or hold a word',
  options: [jsonOption],
  examples: ["secrets search '*/db/*'", 'secrets search dsn'],
  otherNames: ['find', 'grep'],
  async run(context, [pattern = ''], flags) {
    const glob = fromCommandLine(() => parseKeyGlob(/[*?]/.test(pattern) ? pattern : `*${pattern}*`));
    const secrets = await (await context.vault()).list();
    const found = secrets.filter(({ name }) => matchesGlob(glob, name));
    if (found.length === 0 && !flags.is('json')) context.note(`no name fits ${pattern}`);
    printSecrets(context, found, flags);
  },
};
