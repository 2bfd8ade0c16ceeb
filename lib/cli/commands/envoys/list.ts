import { matchesGlob, parseHostGlob, parseLabels, systemClock } from '../../../base/index.js';
import type { Command } from '../../console/command.js';
import type { Flags } from '../../console/flags.js';
import {
  type ApiEnvoy,
  describeAge,
  describeLabels,
  describeLastRun,
  describeMissingSecrets,
  describeOldAgents,
  describeState,
  summarizeFleet,
} from '../../remote/envoy.js';

export const command: Command = {
  usage: 'envoys list',
  summary: 'List the envoys: state, last run, last contact; the revoked ones included',
  options: [
    { name: 'failed', summary: 'Only those whose last run failed' },
    { name: 'stale', summary: 'Only those out of contact for longer than 2.5 check-in intervals' },
    { name: 'match', value: 'glob', summary: 'Only those with a host name like web-*' },
    { name: 'label', value: 'name=value', repeatable: true, summary: 'Only those with this label; repeatable' },
    { name: 'json', summary: 'Print JSON' },
  ],
  examples: ['envoys list', 'envoys list --failed --stale', "envoys list --match 'web-*' --label site=berlin --json"],
  async run({ api, json, table, note, warn }, _, flags) {
    const isWanted = filterOf(flags);
    const { envoys: all } = await (await api()).get<{ envoys: ApiEnvoy[] }>('/envoys');
    const envoys = all.filter(isWanted);
    if (flags.is('json')) return json(envoys);
    if (all.length === 0) return note('no envoys yet: vigocli envoys token makes what a machine enrolls with');
    const nowMs = systemClock.nowMs();
    table(
      ['HOST', 'STATE', 'LAST RUN', 'WHEN', 'LAST SEEN', 'LABELS'],
      envoys.map((envoy) => [
        envoy.host_name,
        describeState(envoy),
        describeLastRun(envoy),
        describeAge(envoy.last_run?.finished_at ?? null, nowMs),
        describeAge(envoy.last_seen_at, nowMs),
        describeLabels(envoy),
      ]),
    );
    const missing = describeMissingSecrets(envoys);
    if (missing !== undefined) warn(missing);
    const old = describeOldAgents(envoys);
    if (old !== undefined) note(old);
    note(envoys.length === all.length ? summarizeFleet(all) : `${summarizeFleet(envoys)} (of ${all.length} in all)`);
  },
};

/** What is wrong (`--failed`, `--stale`) adds up; what narrows the choice (`--match`, `--label`) holds all at once. */
function filterOf(flags: Flags): (envoy: ApiEnvoy) => boolean {
  const match = flags.text('match');
  const glob = match === undefined ? undefined : parseHostGlob(match);
  const labels = Object.entries(parseLabels(flags.texts('label')));
  const [failed, stale] = [flags.is('failed'), flags.is('stale')];
  return (envoy) =>
    (glob === undefined || matchesGlob(glob, envoy.host_name)) &&
    labels.every(([name, value]) => envoy.labels[name] === value) &&
    ((!failed && !stale) || (failed && hasFailed(envoy)) || (stale && envoy.stale));
}

function hasFailed({ status, last_run: run }: ApiEnvoy): boolean {
  return status !== 'revoked' && run !== null && (run.aborted || run.failed > 0);
}
