import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { LastRunFile, readLastRun } from '../../lib/agent/converge/last-run.js';
import { parseEnvoyId } from '../../lib/base/index.js';
import type { ResourceOutcome, RunReport } from '../../lib/wire/index.js';

const ID = parseEnvoyId('00000000-0000-4000-8000-000000000001');
const OTHER = parseEnvoyId('00000000-0000-4000-8000-000000000002');

function report(outcomes: readonly ResourceOutcome[], failure?: string): RunReport {
  return {
    ...{ runId: ID, startedAtMs: 1, finishedAtMs: 2, policyVersion: 3, secretsEpoch: 4, failure },
    results: outcomes.map((outcome, n) => {
      return { configcrate: 'web', resource: `r${n}`, type: 'exec', outcome, message: 'canary-7f3a', durationMs: 1 };
    }),
  };
}

t.test('numbers and names are kept, and no message', async (t) => {
  const path = join(t.testdir(), 'last-run');
  const file = new LastRunFile({ path, envoyId: ID, warn: (event) => t.fail(event) });
  t.equal(await readLastRun(path, ID), undefined);
  await file.keep(report(['failed', 'changed', 'failed']), 60_000);
  const kept = { started_at_ms: 1, finished_at_ms: 2, interval_ms: 60_000, resources: 3, failed: ['web/r0', 'web/r2'] };
  t.match(await readLastRun(path, ID), kept);
  t.equal(await readLastRun(path, OTHER), undefined, 'that of an envoy which this machine was before');
  t.notMatch(readFileSync(path, 'utf8'), 'canary');
  t.equal(statSync(path).mode & 0o777, 0o600);
  await file.keep(report(['unchanged', 'skipped']), 60_000);
  t.match(await readLastRun(path, ID), kept, 'a run that was stopped says nothing');
  await file.keep(report([], 'canary-7f3a'), undefined);
  t.match(await readLastRun(path, ID), { aborted: true, interval_ms: null, resources: 0 });
  t.notMatch(readFileSync(path, 'utf8'), 'canary');
  await file.keep(report(Array(500).fill('failed')), undefined);
  const many = await readLastRun(path, ID);
  t.same([many?.counts.failed, many?.failed.length], [500, 50]);
  writeFileSync(path, 'not JSON', { mode: 0o600 });
  t.equal(await readLastRun(path, ID), undefined);
});

t.test('where it can not be written, that is said and nothing else happens', async (t) => {
  const path = join(t.testdir(), 'last-run');
  mkdirSync(join(path, 'in-the-way'), { recursive: true });
  const warnings: string[] = [];
  await new LastRunFile({ path, envoyId: ID, warn: (event) => warnings.push(event) }).keep(report([]), 1);
  t.match(warnings, [/vigo status shows an earlier run: .*last-run/]);
});
