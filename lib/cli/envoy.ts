import { formatLabels, type Labels } from '../base/index.js';
import { formatTime } from './table.js';

/** An envoy as the API describes it. */
export interface ApiEnvoy {
  readonly id: string;
  readonly host_name: string;
  readonly status: 'active' | 'revoked';
  readonly labels: Labels;
  readonly enrolled_at: number;
  readonly last_seen_at: number | null;
  readonly traits: Readonly<Record<string, string>>;
}

export function describeLastSeen({ last_seen_at }: ApiEnvoy): string {
  return last_seen_at === null ? 'never' : formatTime(last_seen_at);
}

export function describeLabels({ labels }: ApiEnvoy): string {
  return formatLabels(labels).join(' ') || '-';
}
