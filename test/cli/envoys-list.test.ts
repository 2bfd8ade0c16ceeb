import t from 'tap';
import { command } from '../../lib/cli/commands/envoys/list.js';
import { formatTable } from '../../lib/cli/console/table.js';
import type { CommandContext } from '../../lib/cli/host/context.js';
import type { ApiEnvoy, ApiLastRun } from '../../lib/cli/remote/envoy.js';
import { PROTOCOL } from '../../lib/wire/index.js';

const NOW = Date.now();
const RUN: ApiLastRun = {
  ...{ id: 'r', started_at: NOW - 200_000, finished_at: NOW - 190_000, aborted: false, resources: 8 },
  ...{ unchanged: 8, changed: 0, failed: 0, skipped: 0, would_change: 0 },
};
const ENVOY: ApiEnvoy = {
  ...{ id: '8d8f6c0a-0000-4000-8000-000000000000', host_name: 'web-1', status: 'active', state: 'converged' },
  ...{
    stale: false,
    last_run: RUN,
    labels: {},
    enrolled_at: 1,
    last_seen_at: NOW - 5000,
    certificate_expires_at: null,
  },
  ...{
    certificate_issuer: null,
    traits: {},
    agent: { version: '1.0.0', protocol: PROTOCOL, resource_types: [] },
    missing_secrets: [],
    quarantined_at: null,
    fork: null,
  },
};
const FLEET: ApiEnvoy[] = [
  ENVOY,
  { ...ENVOY, host_name: 'web-2', state: 'failing', last_run: { ...RUN, failed: 4 }, labels: { site: 'berlin' } },
  { ...ENVOY, host_name: 'db-1', state: 'failing', last_run: { ...RUN, aborted: true, resources: 0 } },
  { ...ENVOY, host_name: 'db-2', state: 'stale', stale: true, last_run: { ...RUN, failed: 1 }, last_seen_at: 0 },
  { ...ENVOY, host_name: 'db-3', state: 'stale', stale: true, last_run: { ...RUN, changed: 1 } },
  { ...ENVOY, host_name: 'new-1', state: 'unreported', last_run: null, last_seen_at: null },
  { ...ENVOY, host_name: 'web-3', state: 'changed', status: 'quarantined', last_run: { ...RUN, changed: 1 } },
  { ...ENVOY, host_name: 'web-4', state: null, status: 'revoked', last_run: { ...RUN, failed: 1 } },
];

/** What the command prints of these envoys: data and words apart. */
async function list(envoys: readonly ApiEnvoy[], flags: Readonly<Record<string, string | true>> = {}) {
  const [out, words, values]: [string[], string[], unknown[]] = [[], [], []];
  const context = {
    api: async () => ({ get: async () => ({ envoys }) }),
    table: (...[header, rows]: Parameters<CommandContext['table']>) => void out.push(formatTable(header, rows)),
    note: (line: string) => void words.push(line),
    json: (value: unknown) => void values.push(value),
  };
  await command.run(context as unknown as CommandContext, [], {
    text: (name) => (typeof flags[name] === 'string' ? flags[name] : undefined),
    texts: (name) => (typeof flags[name] === 'string' ? [flags[name]] : []),
    is: (name) => name in flags,
  });
  return { out: out.join(''), words, values, hosts: out.join('').match(/^[a-z]+-\d/gm) ?? [] };
}

t.test('failures were invisible: the list shows the last run, when it was, and who is silent', async (t) => {
  const { out, words } = await list(FLEET);
  t.match(out, /^HOST +STATE +LAST RUN +WHEN +LAST SEEN +LABELS$/m);
  t.match(out, /^web-1 +converged +converged +3m ago +5s ago +-$/m);
  t.match(out, /^web-2 +failing +failed 4 of 8 +3m ago +5s ago +site=berlin$/m);
  t.match(out, /^db-1 +failing +failed as a whole /m);
  t.match(out, /^db-2 +stale +failed 1 of 8 +3m ago +\d+d ago /m);
  t.match(out, /^new-1 +unreported +- +never +never /m);
  t.match(out, /^web-3 +changed, quarantined +changed 1 /m);
  t.match(out, /^web-4 +revoked /m);
  t.same(words, ['7 envoys: 1 converged, 1 changed, 2 failing, 2 stale, 1 unreported; 1 revoked']);
  t.ok(
    out.split('\n').every((line) => line.length <= 80),
    'it fits a terminal of 80 columns',
  );
});

t.test('the filters choose what is wrong, and where', async (t) => {
  t.same((await list(FLEET, { failed: true })).hosts, ['web-2', 'db-1', 'db-2']);
  t.same((await list(FLEET, { stale: true })).hosts, ['db-2', 'db-3']);
  t.same((await list(FLEET, { failed: true, stale: true, match: 'DB-*' })).hosts, ['db-1', 'db-2', 'db-3']);
  t.same((await list(FLEET, { label: 'site=berlin' })).hosts, ['web-2']);
  t.same((await list(FLEET, { stale: true })).words, ['2 envoys: 2 stale (of 8 in all)']);
  const { values, words } = await list(FLEET, { failed: true, json: true });
  t.match(values, [[{ host_name: 'web-2' }, { host_name: 'db-1' }, { host_name: 'db-2' }]]);
  t.same(words, []);
  await t.rejects(list(FLEET, { match: 'a b' }), { code: 'bad_glob' });
});

t.test('ten thousand envoys are a table', async (t) => {
  const many = Array.from({ length: 10_000 }, (_, n) => ({ ...ENVOY, host_name: `web-${n}` }));
  const { out, words } = await list(many);
  t.equal(out.split('\n').length, 10_002);
  t.same(words, ['10000 envoys: 10000 converged']);
});

t.test('columns line up where names have wide or combining characters', async (t) => {
  const names = ['plain', '日本語', 'cafe\u0301', '한글', '🚀', 'größe'];
  const table = formatTable(
    ['NAME', 'X'],
    names.map((name) => [name, '|']),
  );
  // As wcwidth(3) says.
  const widths = [5, 6, 4, 4, 2, 5];
  for (const [n, name] of names.entries()) {
    t.match(table, `\n${name}${' '.repeat(6 - (widths[n] ?? 0))}  |\n`, name);
  }
});
