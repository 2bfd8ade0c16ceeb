import t from 'tap';
import type { RunReport } from '../../lib/wire/index.js';
import { enroll, envoyId, newPath, newStore, reopen } from './kit.js';

function report(n: number): RunReport {
  return {
    runId: envoyId(n),
    startedAtMs: 1000 + n,
    finishedAtMs: 2000 + n,
    policyVersion: 7,
    secretsEpoch: 8,
    results: [
      { configcrate: 'c', resource: 'r', type: 'file', outcome: 'changed', message: 'wrote [secret]', durationMs: 3 },
    ],
    failure: undefined,
  };
}

t.test('a run counts once, the newest first', async (t) => {
  const store = await newStore(t);
  const id = await enroll(store, 1, 'web-1');
  t.same(await store.saveRun(id, report(1)), { saved: true });
  t.same(await store.saveRun(id, { ...report(2), failure: 'no secrets' }), { saved: true });
  t.same(await store.saveRun(id, { ...report(1), failure: 'something else' }), { saved: false });
  t.strictSame(await store.listRuns(id, 9), [{ ...report(2), failure: 'no secrets' }, report(1)]);
  t.strictSame(await store.listRuns(id, 1), [{ ...report(2), failure: 'no secrets' }]);
});

t.test("an envoy can not take the place of another one's run", async (t) => {
  const store = await newStore(t);
  const [a, b] = [await enroll(store, 1, 'a'), await enroll(store, 2, 'b')];
  await store.saveRun(a, { ...report(1), failure: 'forged' });
  t.same(await store.saveRun(b, report(1)), { saved: true });
  t.strictSame(await store.listRuns(b, 9), [report(1)]);
});

t.test('the newest 200 are kept', async (t) => {
  const store = await newStore(t);
  const id = await enroll(store, 1, 'web-1');
  for (let n = 0; n < 203; n++) await store.saveRun(id, report(n));
  const runs = await store.listRuns(id, 1000);
  t.equal(runs.length, 200);
  t.same([runs.at(0)?.startedAtMs, runs.at(-1)?.startedAtMs], [1202, 1003]);
});

t.test('of runs as large as an envoy can make them no more than 8 MiB are kept', async (t) => {
  const store = await newStore(t);
  const id = await enroll(store, 1, 'web-1');
  const [result] = report(1).results;
  if (result === undefined) throw new Error('a report without a result');
  // Each byte on the wire is six in JSON.
  const large = { ...result, message: '\u0001'.repeat(4096) };
  for (let n = 0; n < 6; n++) await store.saveRun(id, { ...report(n), results: Array(120).fill(large) });
  t.same(
    (await store.listRuns(id, 9)).map(({ startedAtMs }) => startedAtMs),
    [1005, 1004],
  );
});

t.test('failures were invisible: the envoy keeps how its last run went', async (t) => {
  const path = newPath(t);
  const store = await reopen(t, path);
  const id = await enroll(store, 1, 'web-1');
  const lastRun = async () => (await store.getEnvoy(id))?.lastRun;
  t.equal(await lastRun(), undefined);
  await store.saveRun(id, report(2));
  t.match(await lastRun(), { runId: envoyId(2), aborted: false, resources: 1, counts: { changed: 1, failed: 0 } });
  await store.saveRun(id, { ...report(1), results: [], failure: 'no secrets' });
  t.match(await lastRun(), { runId: envoyId(1), aborted: true }, 'the one that came last, whatever its clock says');
  await store.saveRun(id, report(2));
  t.match(await lastRun(), { runId: envoyId(1) }, 'one that came before is not news');
  const [result] = report(3).results;
  if (result === undefined) throw new Error('a report without a result');
  await store.saveRun(id, { ...report(3), results: [result, { ...result, outcome: 'skipped' }] });
  t.match(await lastRun(), { runId: envoyId(1) }, 'a run that was stopped says nothing about the machine');
  await store.close();
  t.match((await (await reopen(t, path)).getEnvoy(id))?.lastRun, { runId: envoyId(1) }, 'it outlives a restart');
});
