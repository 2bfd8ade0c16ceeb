import { formatLabels, type Labels } from '../base/index.js';
import { plural } from './plural.js';
import { formatTime } from './table.js';

/** An envoy as the API describes it. */
export interface ApiEnvoy {
  readonly id: string;
  readonly host_name: string;
  readonly status: 'active' | 'quarantined' | 'revoked';
  readonly labels: Labels;
  readonly enrolled_at: number;
  readonly last_seen_at: number | null;
  readonly certificate_expires_at: number | null;
  /** SHA-256 of the CA certificate that signed it. */
  readonly certificate_issuer: string | null;
  readonly traits: Readonly<Record<string, string>>;
  /** What its config refers to and the vault doesn't hold. */
  readonly missing_secrets: readonly string[];
  readonly quarantined_at: number | null;
  readonly fork: ApiFork | null;
}

/** Two states of one envoy; each is named by the time at which the server handed it out. */
export interface ApiFork {
  readonly noticed_at: number;
  readonly newest_state_of: number;
  readonly came_with_state_of: number | null;
  readonly remote_address: string;
  readonly other: { readonly seen_at: number; readonly remote_address: string } | null;
}

export function describeLastSeen({ last_seen_at }: ApiEnvoy): string {
  return last_seen_at === null ? 'never' : formatTime(last_seen_at);
}

export function describeCertificate({ certificate_expires_at: endsAt, certificate_issuer: issuer }: ApiEnvoy): string {
  return endsAt === null ? 'none' : `until ${formatTime(endsAt)}, by the CA ${issuer ?? 'that was not written down'}`;
}

export function describeLabels({ labels }: ApiEnvoy): string {
  return formatLabels(labels).join(' ') || '-';
}

/** With what an operator has to decide about. */
export function describeStatus({ status, fork }: ApiEnvoy): string {
  if (fork === null || status === 'revoked') return status;
  return `${status}, ${fork.other === null ? 'forked' : 'cloned'}`;
}

/** What keeps envoys from all of their secrets; undefined where nothing does. */
export function describeMissingSecrets(envoys: readonly ApiEnvoy[]): string | undefined {
  const lacking = envoys.filter(({ missing_secrets }) => missing_secrets.length > 0);
  if (lacking.length === 0) return undefined;
  const keys = [...new Set(lacking.flatMap(({ missing_secrets }) => missing_secrets))].sort();
  const shown = keys.slice(0, 5).join(', ') + (keys.length > 5 ? ` and ${keys.length - 5} more` : '');
  return `${plural(lacking.length, 'envoy')} can get no secrets, because the vault lacks ${shown}`;
}
