import { type KeyName, toHex } from '../../base/index.js';
import { type Envoy, envoyState, type Fork, isStale } from '../../store/index.js';
import type { RunReport, RunSummary } from '../../wire/index.js';
import { agentView } from '../agents/agent-info.js';

export interface EnvoyViewOptions {
  /** What its config refers to and the vault doesn't hold. */
  readonly missingSecrets: readonly KeyName[];
  readonly nowMs: number;
}

/** An envoy as the API shows it. */
export function envoyView(envoy: Envoy, { missingSecrets, nowMs }: EnvoyViewOptions) {
  const isMember = envoy.status !== 'revoked';
  return {
    id: envoy.id,
    host_name: envoy.hostName,
    status: envoy.status,
    state: isMember ? envoyState(envoy, nowMs) : null,
    stale: isMember && isStale(envoy, nowMs),
    last_run: envoy.lastRun === undefined ? null : lastRunView(envoy.lastRun),
    public_key: toHex(envoy.publicKey),
    labels: envoy.labels,
    enrolled_at: envoy.enrolledAtMs,
    enrolled_from: envoy.enrolledFrom,
    certificate_expires_at: envoy.certificate?.notAfterMs ?? null,
    certificate_issuer: envoy.certificate?.issuer ?? null,
    last_seen_at: envoy.lastSeenAtMs ?? null,
    check_in_interval_ms: envoy.checkInIntervalMs ?? null,
    traits: envoy.traits ?? {},
    agent: envoy.agent === undefined ? null : agentView(envoy.agent),
    missing_secrets: missingSecrets,
    revoked_at: envoy.revokedAtMs ?? null,
    quarantined_at: envoy.quarantinedAtMs ?? null,
    fork: envoy.fork === undefined ? null : forkView(envoy.fork),
  };
}

function lastRunView({ runId, startedAtMs, finishedAtMs, aborted, resources, counts }: RunSummary) {
  return { id: runId, started_at: startedAtMs, finished_at: finishedAtMs, aborted, resources, ...counts };
}

/** Generations as the times at which they were handed out, which is what they are. */
function forkView({ atMs, newest, quoted, remoteAddress, other }: Fork) {
  return {
    noticed_at: atMs,
    newest_state_of: newest,
    came_with_state_of: quoted === 0 ? null : quoted,
    remote_address: remoteAddress,
    other: other === undefined ? null : { seen_at: other.atMs, remote_address: other.remoteAddress },
  };
}

/** One of its runs. @param versions the versions for people of what was published, by policy version */
export function runView(run: RunReport, versions: ReadonlyMap<number, number>) {
  return {
    id: run.runId,
    started_at: run.startedAtMs,
    finished_at: run.finishedAtMs,
    config_version: versions.get(run.policyVersion) ?? null,
    policy_version: run.policyVersion,
    secrets_epoch: run.secretsEpoch,
    failure: run.failure ?? null,
    results: run.results.map(({ durationMs, ...result }) => ({ ...result, duration_ms: durationMs })),
  };
}
