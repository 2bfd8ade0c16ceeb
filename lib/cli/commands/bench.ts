import type { Command } from '../console/command.js';

export const command: Command = {
  usage: 'bench',
  summary: 'Measure the crypto core on this machine, beside what the machine already has',
  options: [
    {
      name: 'only',
      value: 'primitive',
      repeatable: true,
      summary: 'Only this one, like aes-256-gcm; may be given again',
    },
    { name: 'quick', summary: 'One process and few rounds: seconds instead of a minute, and less to rely on' },
    { name: 'json', summary: 'Print the report as JSON, to be kept or compared' },
    { name: 'compare', value: 'file', summary: 'Compare with the JSON of another machine, or of another day' },
  ],
  examples: [
    'bench',
    'bench --only aes-256-gcm --only sha-256 --quick',
    'bench --json > pi.json',
    'bench --compare pi.json',
  ],
  async run(context, _, flags) {
    const { runBench } = await import('../bench/run.js');
    await runBench(context, flags);
  },
};
