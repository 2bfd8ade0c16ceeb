import { hostname } from 'node:os';
import {
  formatDuration,
  formatLabels,
  type Labels,
  parseDurationMs,
  parseHostGlob,
  parseLabels,
} from '../../../base/index.js';
import type { Command } from '../../console/command.js';
import { fromCommandLine } from '../../console/from-command-line.js';
import { formatTime } from '../../console/table.js';
import { CliError } from '../../errors.js';
import { installScript } from '../../remote/install-script.js';

const DEFAULT_TTL_MS = 3_600_000;
const MAX_TTL_MS = 7 * 86_400_000;

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
    {
      name: 'ttl',
      value: 'duration',
      summary: `How long it is good for (default ${formatDuration(DEFAULT_TTL_MS)}, at most ${formatDuration(MAX_TTL_MS)})`,
    },
    { name: 'label', value: 'name=value', repeatable: true, summary: 'What the envoy is labelled with; repeatable' },
    { name: 'script', summary: 'Print one command for the machine: it installs the agent and enrolls' },
    { name: 'server', value: 'url', summary: 'How machines reach this server (default: by its host name)' },
    { name: 'json', summary: 'Print JSON' },
  ],
  examples: [
    "envoys token --match 'web-*' > token",
    'envoys token --any-host --ttl 15m',
    'envoys token --match db-1 --label rack=r7 --label site=berlin',
    'envoys token --match web-1 --script --server https://vigo.example.org:8443',
  ],
  otherNames: ['enroll'],
  tooManyHint: 'vigocli envoys token list | revoke <id>',
  async run({ api, json, line, verbatim, note }, _, flags) {
    const match = flags.text('match');
    if ((match === undefined) === !flags.is('any-host')) {
      throw new CliError('usage', 'say which host names may use the token, with one of --match and --any-host', {
        hint: "what a machine may get follows from its name: vigocli envoys token --match 'web-*'",
      });
    }
    if (flags.is('script') && flags.is('json')) throw new CliError('usage', '--script and --json exclude each other');
    const named = parseServerUrl(flags.text('server'));
    const ttlMs = readTtl(flags.text('ttl'));
    const hostNames = match === undefined ? null : fromCommandLine(() => parseHostGlob(match));
    const labels = fromCommandLine(() => parseLabels(flags.texts('label')));
    const server = await api();
    // Before there is a token: a server without the agent beside it can't serve a script.
    const agent = flags.is('script') ? await server.get<{ sha256: string }>('/agent-program') : undefined;
    const made = await server.post<MadeToken>('/enrollment-tokens', {
      ttl_ms: ttlMs,
      match: hostNames,
      labels: formatLabels(labels),
    });
    if (flags.is('json')) return json(made);
    const facts = `token ${made.id}: good once, until ${formatTime(made.expires_at)}, for ${match ?? 'any host'}`;
    if (agent === undefined) {
      line(made.token);
      note(facts);
      note(`on the machine: vigo enroll --server https://<this host>:${server.port} --token-file <file>`);
      return;
    }
    const url = named ?? `https://${hostname()}:${server.port}`;
    verbatim(installScript({ ...agent, server: url, ca: server.ca, token: made.token, hostName: exactName(match) }));
    note(facts);
    note(`paste it into a root shell of a machine that has Node and reaches ${url}`);
  },
};

/** @throws CliError `usage` */
function readTtl(text: string | undefined): number {
  if (text === undefined) return DEFAULT_TTL_MS;
  const ttlMs = fromCommandLine(() => parseDurationMs(text));
  if (ttlMs > 0 && ttlMs <= MAX_TTL_MS) return ttlMs;
  throw new CliError('usage', `--ttl ${text} is not between 1s and ${formatDuration(MAX_TTL_MS)}`, {
    hint: 'make the token when the machine is there: it is used once',
  });
}

/** A pattern that fits one name is that name. */
function exactName(match: string | undefined): string | undefined {
  return match !== undefined && /[*?]/.test(match) ? undefined : match;
}

/** @throws CliError `usage` */
function parseServerUrl(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'https:' && url.pathname + url.search + url.hash + url.username === '/') return url.origin;
  throw new CliError('usage', `${JSON.stringify(text)} is not the address of a server`, {
    hint: 'like https://vigo.example.org:8443',
  });
}
