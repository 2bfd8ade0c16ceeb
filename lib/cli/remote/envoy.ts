import { formatLabels, type Labels } from '../../base/index.js';
import type { EnvoyState } from '../../store/index.js';
import { describeRun, type OutcomeCounts, PROTOCOL } from '../../wire/index.js';
import { formatAge } from '../console/age.js';
import type { Cell } from '../console/line.js';
import type { Tone } from '../console/paint.js';
import { listOf, plural } from '../console/plural.js';
import { formatTime } from '../console/table.js';

/** An envoy as the API describes it. */
export interface ApiEnvoy {
  readonly id: string;
  readonly host_name: string;
  readonly status: 'active' | 'quarantined' | 'revoked';
  /** What it is like; null for a revoked one. */
  readonly state: EnvoyState | null;
  /** Whether it has been out of contact for longer than 2.5 check-in intervals. */
  readonly stale: boolean;
  readonly last_run: ApiLastRun | null;
  readonly labels: Labels;
  readonly enrolled_at: number;
  readonly last_seen_at: number | null;
  readonly certificate_expires_at: number | null;
  /** SHA-256 of the CA certificate that signed it. */
  readonly certificate_issuer: string | null;
  readonly traits: Readonly<Record<string, string>>;
  /** Null before its first check-in. */
  readonly agent: ApiAgent | null;
  /** What its config refers to and the vault doesn't hold. */
  readonly missing_secrets: readonly string[];
  readonly quarantined_at: number | null;
  readonly fork: ApiFork | null;
}

/** The agent of an envoy, and what it understands. */
export interface ApiAgent {
  readonly version: string;
  readonly protocol: number;
  readonly resource_types: readonly string[];
}

/** How its last run went. Times are ms since 1970. */
export interface ApiLastRun extends OutcomeCounts {
  readonly id: string;
  readonly started_at: number;
  readonly finished_at: number;
  /** Whether the run failed as a whole. */
  readonly aborted: boolean;
  readonly resources: number;
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

/** Describes the agent: its version, and its protocol where that isn't the one of this program. */
export function describeAgent({ agent }: ApiEnvoy): string {
  if (agent === null) return '-';
  return agent.protocol === PROTOCOL ? agent.version : `${agent.version} (protocol ${agent.protocol})`;
}

export function describeLabels({ labels }: ApiEnvoy): string {
  return formatLabels(labels).join(' ') || '-';
}

const TONES: Readonly<Record<EnvoyState, Tone>> = {
  failing: 'fail',
  stale: 'fail',
  unreported: 'warn',
  drifted: 'warn',
  changed: 'ok',
  converged: 'ok',
};

/** Describes the state, with what an operator has decided, or has to decide about. */
export function describeState({ state, status, fork }: ApiEnvoy): Cell {
  if (state === null) return status;
  const words = [state, ...(status === 'quarantined' ? [status] : []), ...describeForkInOneWord(fork)];
  return { text: words.join(', '), tone: words.length > 1 ? 'warn' : TONES[state] };
}

function describeForkInOneWord(fork: ApiFork | null): string[] {
  if (fork === null) return [];
  return [fork.other === null ? 'forked' : 'cloned'];
}

/** Describes how the last run went: `failed 2 of 8`, `changed 1`, `converged`. */
export function describeLastRun({ last_run: run }: Pick<ApiEnvoy, 'last_run'>): string {
  return run === null ? '-' : describeRun({ ...run, counts: run });
}

/** Returns how long ago something was, or that it never was. */
export function describeAge(atMs: number | null, nowMs: number): string {
  return atMs === null ? 'never' : formatAge(nowMs - atMs);
}

/** In the order in which they are counted up. */
const STATES: readonly EnvoyState[] = ['converged', 'changed', 'drifted', 'failing', 'stale', 'unreported'];

/** Counts envoys by their state: `12 envoys: 9 converged, 2 failing, 1 stale`. Revoked ones are counted apart. */
export function summarizeFleet(envoys: readonly Pick<ApiEnvoy, 'state'>[]): string {
  const count = (state: EnvoyState | null) => envoys.filter((envoy) => envoy.state === state).length;
  const revoked = count(null);
  const parts = STATES.map((state) => [count(state), state] as const).filter(([number]) => number > 0);
  const states = parts.map(([number, state]) => `${number} ${state}`).join(', ');
  const members = plural(envoys.length - revoked, 'envoy') + (states === '' ? '' : `: ${states}`);
  return revoked === 0 ? members : `${members}; ${revoked} revoked`;
}

/** Names the agents that speak an earlier protocol than this version; undefined if there are none. */
export function describeOldAgents(envoys: readonly ApiEnvoy[]): string | undefined {
  const old = envoys.filter(({ agent, status }) => status !== 'revoked' && agent !== null && agent.protocol < PROTOCOL);
  if (old.length === 0) return undefined;
  const names = listOf(old.map((envoy) => `${envoy.host_name} ${envoy.agent?.version}`));
  return `${plural(old.length, 'envoy')} with an agent of an earlier protocol: ${names}`;
}

/** What keeps envoys from all of their secrets; undefined where nothing does. */
export function describeMissingSecrets(envoys: readonly ApiEnvoy[]): string | undefined {
  const lacking = envoys.filter(({ missing_secrets }) => missing_secrets.length > 0);
  if (lacking.length === 0) return undefined;
  const keys = [...new Set(lacking.flatMap(({ missing_secrets }) => missing_secrets))].sort();
  return `${plural(lacking.length, 'envoy')} can get no secrets, because the vault lacks ${listOf(keys)}`;
}
