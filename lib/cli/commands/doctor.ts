import type { Command } from '../console/command.js';

export const command: Command = {
  usage: 'doctor',
  summary:
    'Examine this host: permissions, keys, every file of the vault, refs, certificates, log, memory; changes nothing',
  options: [
    { name: 'only', value: 'check', repeatable: true, summary: 'Only this check, like refs; may be given again' },
    { name: 'strict', summary: 'Exit with 1 where something warns, too' },
    {
      name: 'tls-dir',
      value: 'path',
      summary: 'Where ca, ca_key, cert and key lie (default: as in server.yaml, else tls/ below VIGO_HOME)',
    },
    { name: 'json', summary: 'Print JSON, with every finding' },
  ],
  examples: ['doctor', "doctor --only refs --only 'vault files'", 'doctor --strict --json'],
  async run(context, _, flags) {
    const { runDoctor } = await import('../doctor/run.js');
    await runDoctor(context, flags);
  },
};
