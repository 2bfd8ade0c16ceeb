import { systemClock } from '../../../base/index.js';
import type { Command } from '../../console/command.js';
import { formatTime } from '../../console/table.js';
import {
  type ApiEnvoy,
  describeAge,
  describeAgent,
  describeCertificate,
  describeLabels,
  describeLastRun,
  describeLastSeen,
  describeState,
} from '../../remote/envoy.js';
import { describeFork } from '../../remote/fork.js';

interface ApiRun {
  readonly started_at: number;
  readonly config_version: number | null;
  readonly failure: string | null;
  readonly results: readonly { configcrate: string; resource: string; outcome: string; message: string }[];
}

export const command: Command = {
  usage: 'envoys show <envoy>',
  summary: 'Show one envoy, by host name or id, and its latest runs',
  options: [{ name: 'json', summary: 'Print JSON' }],
  examples: ['envoys show web-1'],
  async run({ api, json, line, table }, [name = ''], flags) {
    const shown = await (await api()).get<{ envoy: ApiEnvoy; runs: ApiRun[] }>(`/envoys/${encodeURIComponent(name)}`);
    if (flags.is('json')) return json(shown);
    const { envoy, runs } = shown;
    line(`host       ${envoy.host_name}`);
    line(`id         ${envoy.id}`);
    line('state      ', describeState(envoy));
    line(`status     ${envoy.status}`);
    line(
      `last run   ${describeLastRun(envoy)}, ${describeAge(envoy.last_run?.finished_at ?? null, systemClock.nowMs())}`,
    );
    line(`enrolled   ${formatTime(envoy.enrolled_at)}`);
    line(`last seen  ${describeLastSeen(envoy)}`);
    line(`agent      ${describeAgent(envoy)}`);
    line(`labels     ${describeLabels(envoy)}`);
    line(`certified  ${describeCertificate(envoy)}`);
    if (envoy.quarantined_at !== null) line(`in quarantine since ${formatTime(envoy.quarantined_at)}: no secrets`);
    if (envoy.fork !== null) for (const said of describeFork(envoy.fork)) line(`fork       ${said}`);
    for (const key of envoy.missing_secrets) line(`missing    secret ${key}: vigocli secrets set raw ${key}`);
    for (const [trait, value] of Object.entries(envoy.traits)) line(`trait      ${trait} = ${value}`);
    for (const run of runs) {
      line('');
      const config = run.config_version === null ? '' : `, config version ${run.config_version}`;
      line(`run of ${formatTime(run.started_at)}${config}${run.failure ? `: ${run.failure}` : ''}`);
      const rows = run.results.map((r) => [r.outcome, `${r.configcrate}/${r.resource}`, r.message]);
      table(['OUTCOME', 'RESOURCE', 'MESSAGE'], rows);
    }
  },
};
