import { type KeyName, toHex } from '../../base/index.js';
import type { Envoy, Fork } from '../../store/index.js';
import type { RunReport } from '../../wire/index.js';

/** An envoy as the API shows it. @param missingSecrets what its config refers to and the vault doesn't hold */
export function envoyView(envoy: Envoy, missingSecrets: readonly KeyName[]) {
  return {
    id: envoy.id,
    host_name: envoy.hostName,
    status: envoy.status,
    public_key: toHex(envoy.publicKey),
    labels: envoy.labels,
    enrolled_at: envoy.enrolledAtMs,
    enrolled_from: envoy.enrolledFrom,
    certificate_expires_at: envoy.certificate?.notAfterMs ?? null,
    certificate_issuer: envoy.certificate?.issuer ?? null,
    last_seen_at: envoy.lastSeenAtMs ?? null,
    traits: envoy.traits ?? {},
    missing_secrets: missingSecrets,
    revoked_at: envoy.revokedAtMs ?? null,
    quarantined_at: envoy.quarantinedAtMs ?? null,
    fork: envoy.fork === undefined ? null : forkView(envoy.fork),
  };
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

/** One of its runs. */
export function runView(run: RunReport) {
  return {
    id: run.runId,
    started_at: run.startedAtMs,
    finished_at: run.finishedAtMs,
    policy_version: run.policyVersion,
    secrets_epoch: run.secretsEpoch,
    failure: run.failure ?? null,
    results: run.results.map(({ durationMs, ...result }) => ({ ...result, duration_ms: durationMs })),
  };
}
