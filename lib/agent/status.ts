import { X509Certificate } from 'node:crypto';
import { systemClock } from '../base/index.js';
import { FilesError, processLockOwner } from '../files/index.js';
import type { OutcomeCounts } from '../wire/index.js';
import { type AgentState, agentState } from './agent-state.js';
import { readContact } from './contact/contact-record.js';
import { type LastRun, readLastRun } from './converge/last-run.js';
import { AgentError } from './errors.js';
import { readHeldPolicy } from './held/held-policy.js';
import { readIdentity, readTlsFiles } from './held/identity-files.js';
import type { AgentPaths } from './held/paths.js';
import { policyTrust } from './identity/trust-follower.js';

/** What `vigo status` tells. Times are ISO 8601; null stands for what isn't there. */
export interface AgentStatus {
  readonly state: AgentState;
  readonly enrolled: boolean;
  readonly envoy_id: string | null;
  /** The one that the server has on record, as of the last check-in. */
  readonly host_name: string | null;
  readonly server: string | null;
  readonly certificate_ends: string | null;
  readonly policy_version: number | null;
  readonly secrets_epoch: number | null;
  readonly policy_issued: string | null;
  readonly last_run: StatusRun | null;
  /** What doesn't work with the server, as the agent found it last. */
  readonly problems: readonly Problem[];
}

/** How the last run went. A run that was stopped before its end doesn't count. */
export interface StatusRun extends OutcomeCounts {
  readonly started_at: string;
  readonly finished_at: string;
  /** Whether the run failed as a whole. */
  readonly aborted: boolean;
  readonly resources: number;
  /** `configcrate/resource`; the first 50 that failed. */
  readonly failed_resources: readonly string[];
}

export interface Problem {
  /** `check-in`, `standing`, `secrets`, `report` or `clock`. */
  readonly task: string;
  /** For programs: the reason of a rejection, or the code of another error. */
  readonly reason: string;
  readonly since: string;
  readonly message: string;
  readonly advice: string | null;
}

/** @throws AgentError `bad_identity`, FilesError */
export async function readStatus(paths: AgentPaths): Promise<AgentStatus> {
  const identity = await readIdentity(paths);
  const { envoyId, hostName, serverAddress } = identity ?? {};
  const { troubles, known_as: knownAs } = await readContact(paths.contact);
  const lastRun = envoyId && (await readLastRun(paths.lastRun, envoyId));
  const isRunning = lastRun !== undefined && (await processLockOwner(paths.runLock)) !== undefined;
  const held = identity && (await readHeldPolicy(paths.policy, await policyTrust(identity)).catch(ignoreBadState));
  return {
    state: agentState({ isEnrolled: identity !== undefined, troubles, lastRun, isRunning }, systemClock.nowMs()),
    enrolled: identity !== undefined,
    envoy_id: envoyId ?? null,
    host_name: (knownAs?.envoy_id === envoyId ? knownAs?.host_name : undefined) ?? hostName ?? null,
    server: serverAddress ?? null,
    certificate_ends: identity === undefined ? null : await certificateEnd(paths),
    policy_version: held?.head.policyVersion ?? null,
    secrets_epoch: held?.head.secretsEpoch ?? null,
    policy_issued: held === undefined ? null : isoTime(held.head.issuedAtMs),
    last_run: lastRun === undefined ? null : runOf(lastRun),
    problems: troubles.map(({ since_ms, task, reason, message, advice }) => {
      return { task, reason, since: isoTime(since_ms), message, advice };
    }),
  };
}

function runOf({ started_at_ms, finished_at_ms, aborted, resources, counts, failed }: LastRun): StatusRun {
  const times = { started_at: isoTime(started_at_ms), finished_at: isoTime(finished_at_ms) };
  return { ...times, aborted, resources, ...counts, failed_resources: failed };
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

async function certificateEnd(paths: AgentPaths): Promise<string | null> {
  try {
    const { certificatePem } = await readTlsFiles(paths);
    return new Date(new X509Certificate(certificatePem).validTo).toISOString();
  } catch (cause) {
    if (cause instanceof FilesError && cause.code === 'not_found') return null;
    throw cause;
  }
}

/** The next run asks the server for another one. */
function ignoreBadState(cause: unknown): undefined {
  if (!(cause instanceof AgentError && cause.code === 'bad_state')) throw cause;
}
