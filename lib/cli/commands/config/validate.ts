import { resolve } from 'node:path';
import type { Command } from '../../console/command.js';
import { plural } from '../../console/plural.js';
import type { CommandContext } from '../../host/context.js';
import { validateFolder } from '../../host/validate-folder.js';
import type { ApiProblem } from '../../remote/api-client.js';
import { noteWarnings, sumUp, withProblems } from '../../remote/config.js';

export const command: Command = {
  usage: 'config validate [dir]',
  summary: 'Check the stacks as publish would, or a folder, which takes no server and no vault; change nothing',
  options: [{ name: 'json', summary: 'Print JSON' }],
  examples: ['config validate', 'config validate ./stacks', 'config validate . --json'],
  otherNames: ['check', 'lint'],
  async run(context, [dir], flags) {
    const json = flags.is('json');
    const checked = dir === undefined ? await validateStacks(context, json) : await validateDir(context, dir, json);
    if (json) return context.json(checked);
    noteWarnings(context, checked.warnings);
    context.note(`${plural(checked.files, 'file')} ${checked.files === 1 ? 'is' : 'are'} valid`);
  },
};

interface Validated {
  readonly digest: string;
  readonly files: number;
  readonly warnings: readonly ApiProblem[];
}

async function validateStacks(context: CommandContext, json: boolean): Promise<Validated> {
  return withProblems(context, { json }, async () => (await context.api()).post('/config/validate'));
}

async function validateDir(context: CommandContext, dir: string, json: boolean): Promise<Validated> {
  const { problems, ...checked } = await validateFolder(context, resolve(dir));
  const { warnings, unchecked } = checked;
  if (!json) for (const what of unchecked) context.warn(`not checked: ${what}`);
  if (problems.length === 0) return checked;
  if (json) context.json({ problems, warnings, unchecked });
  else noteWarnings(context, warnings);
  throw sumUp(context, problems, '');
}
