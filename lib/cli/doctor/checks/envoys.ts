import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { processLockOwner } from '../../../files/index.js';
import type { Envoy } from '../../../store/index.js';
import { describeRun } from '../../../wire/index.js';
import { formatTime } from '../../console/table.js';
import { summarizeFleet } from '../../remote/envoy.js';
import type { Check } from '../check.js';
import { type Finding, ok, warn } from '../finding.js';
import type { Subject } from '../subject.js';

/** The server writes down once a minute who was here. */
const WRITTEN_MS = 60_000;

/** Which machines fail, and which ones the server has lost sight of: decided as `envoys list` does. */
export const check: Check = {
  name: 'envoys',
  needsVault: true,
  async run(subject) {
    const { envoyState, isStale } = await import('../../../store/index.js');
    const nowMs = subject.clock.nowMs() - WRITTEN_MS;
    // A server that doesn't run hears from no envoy, which says nothing about them.
    const isServing = await serves(subject);
    const members = (await (await subject.store()).listEnvoys()).filter(({ status }) => status !== 'revoked');
    const judged = members.map((envoy) => {
      const observed = isServing ? envoy : { ...envoy, lastSeenAtMs: nowMs };
      return { envoy, state: envoyState(observed, nowMs), isSilent: isStale(observed, nowMs) };
    });
    const findings = judged.flatMap(({ envoy, state, isSilent }) => {
      if (state === 'failing') return [failing(envoy)];
      return isSilent ? [silent(envoy)] : [];
    });
    return findings.length > 0 ? findings : [ok(summarizeFleet(judged))];
  },
};

async function serves({ home }: Subject): Promise<boolean> {
  return existsSync(home.run) && (await processLockOwner(join(home.run, 'vigosrv.lock'))) !== undefined;
}

function failing({ hostName, lastRun }: Envoy): Finding {
  const what = lastRun === undefined ? 'failed' : describeRun(lastRun);
  return warn(`${hostName}: its last run ${what}`, `what failed: vigocli envoys show ${hostName}`);
}

function silent({ hostName, lastSeenAtMs, enrolledAtMs }: Envoy): Finding {
  const since =
    lastSeenAtMs === undefined ? `since it enrolled ${formatTime(enrolledAtMs)}` : `since ${formatTime(lastSeenAtMs)}`;
  return warn(`${hostName}: no contact ${since}`, 'on that machine: vigo status; if it is gone: vigocli envoys revoke');
}
