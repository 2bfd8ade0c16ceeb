import t from 'tap';
import { envoyState, isStale } from '../../lib/store/index.js';
import type { RunSummary } from '../../lib/wire/index.js';

const NOW = 1_700_000_000_000;
const COUNTS = { unchanged: 5, changed: 0, failed: 0, skipped: 0, would_change: 0 };
const RUN: RunSummary = {
  ...{ runId: 'x', startedAtMs: NOW - 2000, finishedAtMs: NOW - 1000, aborted: false, resources: 5, counts: COUNTS },
};
const ENVOY = { enrolledAtMs: NOW - 1e9, lastSeenAtMs: NOW - 150_000, checkInIntervalMs: 60_000, lastRun: RUN };

t.test('exactly one state holds, and the most urgent one wins', async (t) => {
  const state = (run: Partial<RunSummary>, silentMs = 1000) =>
    envoyState({ ...ENVOY, lastSeenAtMs: NOW - silentMs, lastRun: { ...RUN, ...run } }, NOW);
  t.equal(state({}), 'converged');
  t.equal(state({ counts: { ...COUNTS, unchanged: 0 }, resources: 0 }), 'converged', 'nothing is declared');
  t.equal(state({ counts: { ...COUNTS, changed: 1 } }), 'changed');
  t.equal(state({ counts: { ...COUNTS, would_change: 1 } }), 'drifted');
  t.equal(state({ counts: { ...COUNTS, would_change: 1, changed: 1, failed: 1 } }), 'failing');
  t.equal(state({ aborted: true, counts: { ...COUNTS, unchanged: 0 } }), 'failing');
  t.equal(state({ counts: { ...COUNTS, failed: 1 } }, 150_001), 'stale', 'what it said may no longer hold');
  t.equal(envoyState({ ...ENVOY, lastSeenAtMs: 0, lastRun: undefined }, NOW), 'unreported');
});

t.test('an envoy is stale after 2.5 of its own intervals', async (t) => {
  t.notOk(isStale(ENVOY, NOW));
  t.ok(isStale(ENVOY, NOW + 1));
  t.notOk(isStale({ ...ENVOY, checkInIntervalMs: 86_400_000 }, NOW + 1e8), 'whatever the others have');
  t.ok(isStale({ ...ENVOY, checkInIntervalMs: undefined }, NOW + 1), "before it is known: the server's default");
  t.ok(isStale({ ...ENVOY, lastSeenAtMs: undefined }, NOW), 'never seen: counted from its enrollment');
  t.notOk(isStale({ ...ENVOY, lastSeenAtMs: undefined, enrolledAtMs: NOW - 1000 }, NOW));
});
