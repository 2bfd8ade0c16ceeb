import t from 'tap';
import { agentState, type Observed } from '../../lib/agent/agent-state.js';
import type { LastRun } from '../../lib/agent/converge/last-run.js';
import { STATE_EXITS } from '../../lib/agent/state-exits.js';

const NOW = 1_700_000_000_000;
const COUNTS = { unchanged: 8, changed: 0, failed: 0, skipped: 0, would_change: 0 };
const RUN: LastRun = {
  ...{ version: 1, envoy_id: 'x', started_at_ms: NOW - 2000, finished_at_ms: NOW - 1000, interval_ms: 60_000 },
  ...{ aborted: false, resources: 8, counts: COUNTS, failed: [] },
};
const FINE: Observed = { isEnrolled: true, troubles: [], lastRun: RUN, isRunning: true };
const failed = { ...RUN, counts: { ...COUNTS, failed: 1 } };
const trouble = (task: 'check-in' | 'standing' | 'secrets' | 'report', reason: string) => ({ task, reason });

t.test('vigo status is a check: exactly one state holds, each with its exit code', async (t) => {
  const away = trouble('check-in', 'unavailable');
  for (const [observed, state, exit] of [
    [{}, 'converged', 0],
    [{ lastRun: { ...RUN, counts: { ...COUNTS, changed: 1 } } }, 'changed', 0],
    [{ troubles: [trouble('report', 'busy')] }, 'converged', 0],
    [{ lastRun: failed }, 'failing', 1],
    [{ lastRun: { ...RUN, aborted: true } }, 'failing', 1],
    [{ isEnrolled: false, lastRun: undefined }, 'not_enrolled', 4],
    [{ lastRun: failed, troubles: [away] }, 'unreachable', 5],
    [{ lastRun: undefined, troubles: [away] }, 'unreachable', 5],
    [{ troubles: [trouble('check-in', 'revoked')], isRunning: false }, 'revoked', 6],
    [{ troubles: [trouble('standing', 'quarantine')] }, 'quarantined', 7],
    [{ lastRun: failed, troubles: [trouble('secrets', 'clone'), away] }, 'quarantined', 7],
    [{ lastRun: { ...failed, finished_at_ms: NOW - 150_001 }, isRunning: false, troubles: [away] }, 'stale', 8],
    [{ lastRun: undefined }, 'unreported', 9],
    [{ lastRun: { ...RUN, counts: { ...COUNTS, would_change: 1 } } }, 'drifted', 10],
  ] as const) {
    const found = agentState({ ...FINE, ...observed }, NOW);
    t.equal(found, state);
    t.equal(STATE_EXITS[found], exit, state);
  }
  const codes = Object.entries(STATE_EXITS).filter(([state]) => state !== 'changed');
  t.equal(new Set(codes.map(([, code]) => code)).size, codes.length, 'no two states share a code');
  t.notOk(
    codes.some(([, code]) => code === 2 || code === 3),
    'wrong usage and no permission are no state',
  );
});

t.test('a long run and a run by cron are not stale', async (t) => {
  const old = { ...RUN, finished_at_ms: NOW - 1e9 };
  t.equal(agentState({ ...FINE, lastRun: old }, NOW), 'converged', 'an agent is at work');
  t.equal(agentState({ ...FINE, lastRun: { ...old, interval_ms: null }, isRunning: false }, NOW), 'converged');
  t.equal(agentState({ ...FINE, lastRun: old, isRunning: false }, NOW), 'stale');
});
