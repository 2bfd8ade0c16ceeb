import type { Command } from '../command.js';
import { oneLine } from '../log.js';
import type { Problem } from '../status.js';

/** Says who this machine is, what it accepted last, and what the agent found wrong. Asks nobody. */
export const command: Command = {
  name: 'status',
  summary: 'say whether this machine is enrolled, what it accepted last, and what goes wrong',
  options: [{ name: 'json', summary: 'as JSON' }],
  examples: ['status', 'status --json'],
  async run({ paths, out }, flags) {
    const { readStatus } = await import('../status.js');
    const status = await readStatus(paths);
    if (flags.is('json')) {
      out(`${JSON.stringify(status)}\n`);
      return;
    }
    const { problems, ...facts } = status;
    const line = (name: string, value: unknown) => out(`${name.padEnd(20)}  ${oneLine(String(value ?? '-'))}\n`);
    for (const [name, value] of Object.entries(facts)) line(name.replaceAll('_', ' '), value);
    for (const { tasks, reason, since, message, advice } of alike(problems)) {
      line('problem', `${tasks.join(', ')}: ${reason} since ${since}: ${message}`);
      if (advice !== null) line('what to do', advice);
    }
  },
};

/** What several tasks failed of is said once, with the time at which the first of them did. */
function alike(problems: readonly Problem[]): (Problem & { readonly tasks: readonly string[] })[] {
  const groups = new Map<string, Problem[]>();
  for (const problem of problems) {
    const kind = JSON.stringify([problem.reason, problem.message]);
    groups.set(kind, [...(groups.get(kind) ?? []), problem]);
  }
  return [...groups.values()].flatMap((group) => {
    const [first] = group.toSorted((a, b) => (a.since < b.since ? -1 : 1));
    return first === undefined ? [] : [{ ...first, tasks: group.map(({ task }) => task) }];
  });
}
