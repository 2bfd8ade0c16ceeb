import type { Command } from '../../command.js';
import { type ApiEnvoy, describeLabels, describeLastSeen } from '../../envoy.js';
import { describeFork } from '../../fork.js';
import { printable } from '../../printable.js';
import { formatTime } from '../../table.js';

interface ApiRun {
  readonly started_at: number;
  readonly failure: string | null;
  readonly results: readonly { configcrate: string; resource: string; outcome: string; message: string }[];
}

export const command: Command = {
  usage: 'envoys show <envoy>',
  summary: 'Show one envoy, by host name or id, and its latest runs',
  options: [{ name: 'json', summary: 'Print JSON' }],
  examples: ['envoys show web-1'],
  async run({ api, out, table }, [name = ''], flags) {
    const shown = await (await api()).get<{ envoy: ApiEnvoy; runs: ApiRun[] }>(`/envoys/${encodeURIComponent(name)}`);
    if (flags.is('json')) return out(`${JSON.stringify(shown)}\n`);
    const { envoy, runs } = shown;
    out(`host       ${envoy.host_name}\nid         ${envoy.id}\nstatus     ${envoy.status}\n`);
    out(`enrolled   ${formatTime(envoy.enrolled_at)}\nlast seen  ${describeLastSeen(envoy)}\n`);
    out(`labels     ${describeLabels(envoy)}\n`);
    if (envoy.quarantined_at !== null) out(`in quarantine since ${formatTime(envoy.quarantined_at)}: no secrets\n`);
    if (envoy.fork !== null) for (const line of describeFork(envoy.fork)) out(`fork       ${line}\n`);
    for (const [trait, value] of Object.entries(envoy.traits)) out(`trait      ${printable(`${trait} = ${value}`)}\n`);
    for (const run of runs) {
      out(`\nrun of ${formatTime(run.started_at)}${run.failure ? `: ${printable(run.failure)}` : ''}\n`);
      const rows = run.results.map((r) => [r.outcome, `${r.configcrate}/${r.resource}`, r.message]);
      table(['OUTCOME', 'RESOURCE', 'MESSAGE'], rows);
    }
  },
};
