import {
  formatDuration,
  formatLabels,
  type Labels,
  parseDurationMs,
  parseHostGlob,
  parseLabels,
} from '../../../base/index.js';
import type { Command } from '../../command.js';
import { CliError } from '../../errors.js';
import { formatTime } from '../../table.js';

const DEFAULT_TTL_MS = 3_600_000;

interface MadeToken {
  readonly id: string;
  readonly token: string;
  readonly labels: Labels;
  readonly expires_at: number;
}

export const command: Command = {
  usage: 'envoys token',
  summary: 'Make a one-time token by which a machine enrolls',
  options: [
    { name: 'match', value: 'glob', summary: 'Host names that may use it, like web-*' },
    { name: 'any-host', summary: 'Let any host name use it' },
    { name: 'ttl', value: 'duration', summary: `How long it is good for (default ${formatDuration(DEFAULT_TTL_MS)})` },
    { name: 'label', value: 'name=value', repeatable: true, summary: 'What the envoy is labelled with; repeatable' },
    { name: 'json', summary: 'Print JSON' },
  ],
  examples: [
    "envoys token --match 'web-*' > token",
    'envoys token --any-host --ttl 15m',
    'envoys token --match db-1 --label rack=r7 --label site=berlin',
  ],
  otherNames: ['enroll'],
  async run({ api, out, note }, _, flags) {
    const match = flags.text('match');
    if ((match === undefined) === !flags.is('any-host')) {
      throw new CliError('usage', 'say which host names may use the token, with one of --match and --any-host', {
        hint: "what a machine may get follows from its name: vigocli envoys token --match 'web-*'",
      });
    }
    const ttl = flags.text('ttl');
    const labels = parseLabels(flags.texts('label'));
    const server = await api();
    const made = await server.post<MadeToken>('/enrollment-tokens', {
      ttl_ms: ttl === undefined ? DEFAULT_TTL_MS : parseDurationMs(ttl),
      match: match === undefined ? null : parseHostGlob(match),
      labels: formatLabels(labels),
    });
    if (flags.is('json')) return out(`${JSON.stringify(made)}\n`);
    out(`${made.token}\n`);
    note(`token ${made.id}: good once, until ${formatTime(made.expires_at)}, for ${match ?? 'any host'}`);
    note(`on the machine: vigo enroll --server https://<this host>:${server.port} --token-file <file>`);
  },
};
