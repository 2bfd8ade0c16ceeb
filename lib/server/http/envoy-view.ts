import { toHex } from '../../base/index.js';
import type { Envoy } from '../../store/index.js';

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
