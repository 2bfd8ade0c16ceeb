import { toHex } from '../../base/index.js';
import type { Envoy } from '../../store/index.js';
import type { RunReport } from '../../wire/index.js';

/** An envoy as the API shows it. */
export function envoyView(envoy: Envoy) {
  return {
    id: envoy.id,
    host_name: envoy.hostName,
    status: envoy.status,
    public_key: toHex(envoy.publicKey),
    labels: envoy.labels,
    enrolled_at: envoy.enrolledAtMs,
    enrolled_from: envoy.enrolledFrom,
    certificate_expires_at: envoy.certificate?.notAfterMs ?? null,
    last_seen_at: envoy.lastSeenAtMs ?? null,
    traits: envoy.traits ?? {},
    revoked_at: envoy.revokedAtMs ?? null,
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
