import type { Command } from '../command.js';
import { oneLine } from '../log.js';
import { STATE_EXITS } from '../state-exits.js';
import type { Problem } from '../status.js';

/** Says what state this machine is in, from what the agent wrote down last. Asks no server. */
export const command: Command = {
  name: 'status',
  summary: "show this machine's state, its last run and its problems; the exit code tells the state",
  options: [{ name: 'json', summary: 'as JSON' }],
  examples: ['status', 'status --json', 'status > /dev/null || mail -s "vigo: $(hostname)" root'],
  notes: describeExits(),
  async run({ paths, out, exitWith }, flags) {
    const [{ readStatus }, { describeRun }] = await Promise.all([
      import('../status.js'),
      import('../../wire/index.js'),
    ]);
    const status = await readStatus(paths);
    exitWith(STATE_EXITS[status.state]);
    if (flags.is('json')) {
      out(`${JSON.stringify(status)}\n`);
      return;
    }
    const { state, last_run: run, problems, ...facts } = status;
    const lines: string[] = [];
    const line = (name: string, value: unknown) => lines.push(`${name.padEnd(20)}  ${oneLine(String(value ?? '-'))}\n`);
    line('state', state.replace('_', ' '));
    line('last run', run && `${describeRun({ ...run, counts: run })}, ${run.finished_at}`);
    for (const resource of run?.failed_resources ?? []) line('failed', resource);
    for (const [name, value] of Object.entries(facts)) line(name.replaceAll('_', ' '), value);
    for (const { tasks, reason, since, message, advice } of alike(problems)) {
      line('problem', `${tasks.join(', ')}: ${reason} since ${since}: ${message}`);
      if (advice !== null) line('what to do', advice);
    }
    out(lines.join(''));
  },
};

function describeExits(): string[] {
  const codes = Object.entries(STATE_EXITS).toSorted(([, a], [, b]) => a - b);
  const width = Math.max(...codes.map(([state]) => state.length));
  return [
    'Exit codes',
    ...codes.map(([state, code]) =>
      `  ${String(code).padStart(2)}  ${state.replace('_', ' ').padEnd(width)}`.trimEnd(),
    ),
    '   2  wrong usage; 3 when this user may not read the state',
  ];
}

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
