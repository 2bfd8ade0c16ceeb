import t from 'tap';
import { uuidFrom } from '../../../lib/base/index.js';
import type { RunReport } from '../../../lib/wire/index.js';
import { admin, enrollmentOf, makeMachine, makeServer, newToken, send } from '../kit.js';

const AGENT = { version: '1.0.0', protocol: 2, resourceTypes: ['exec', 'file'] };

async function setUp(t: Parameters<typeof makeServer>[0]) {
  const kit = await makeServer(t);
  const { token } = await newToken(kit);
  const { body } = await send(kit, 'POST', '/enroll', { body: enrollmentOf(await makeMachine(), token, 'web-1') });
  return { ...kit, id: body.envoy_id };
}

function report(n: number, outcome: RunReport['results'][number]['outcome'], failure?: string): RunReport {
  return {
    ...{ runId: uuidFrom(new Uint8Array(16).fill(n)), startedAtMs: n, finishedAtMs: n + 1, policyVersion: 1 },
    ...{ secretsEpoch: 1, failure },
    results: [{ configcrate: 'c', resource: 'r', type: 'file', outcome, message: 'said', durationMs: 1 }],
  };
}

t.test('reading the envoys writes nothing, and shows what is not written yet', async (t) => {
  const { id, ...kit } = await setUp(t);
  kit.fleet.saw(id, { traits: new Map([['os', 'linux']]), agent: AGENT }, 120_000);
  let writes = 0;
  kit.store.touchEnvoys = async () => void writes++;
  const seen = {
    last_seen_at: kit.clock.ms,
    check_in_interval_ms: 120_000,
    traits: { os: 'linux' },
    agent: { version: '1.0.0', protocol: 2 },
  };
  t.match(await admin(kit, 'GET', '/envoys'), { status: 200, body: { envoys: [seen] } });
  t.match(await admin(kit, 'GET', `/envoys/${id}`), { status: 200, body: { envoy: seen } });
  t.equal(writes, 0);
  t.match((await kit.store.getEnvoy(id))?.lastSeenAtMs, undefined);
  t.match(kit.fleet.takeSightings(), [{ id }], 'it is written later');
});

t.test('an envoy has one state, from its last run and its last contact', async (t) => {
  const { id, ...kit } = await setUp(t);
  const shown = async () => (await admin(kit, 'GET', `/envoys/${id}`)).body.envoy;
  t.match(await shown(), { state: 'unreported', stale: false, last_run: null });
  kit.fleet.saw(id, { traits: new Map(), agent: AGENT }, 60_000);
  await kit.store.saveRun(id, report(1, 'failed'));
  const run = { started_at: 1, finished_at: 2, aborted: false, resources: 1, failed: 1, changed: 0 };
  t.match(await shown(), { state: 'failing', stale: false, last_run: run });
  await kit.store.saveRun(id, report(2, 'changed'));
  t.match(await shown(), { state: 'changed' });
  kit.clock.ms += 150_001;
  t.match(await shown(), { state: 'stale', stale: true, last_run: { changed: 1 } });
  await admin(kit, 'POST', `/envoys/${id}/revoke`);
  t.match(await shown(), { status: 'revoked', state: null, stale: false });
});
