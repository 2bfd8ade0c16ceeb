import type { EnvoyId, HostName, Labels } from '../../base/index.js';
import type { AgentOffer, RunSummary } from '../../wire/index.js';
import { blob, json, optional, type Row } from '../sqlite/rows.js';

/** What an envoy says about its machine. Nothing is decided by it (D0). */
export type Traits = Readonly<Record<string, string>>;

/** The agent of an envoy: its version, and what it understands. */
export interface AgentInfo extends AgentOffer {
  readonly version: string;
}

export interface Certificate {
  readonly serial: string;
  readonly notAfterMs: number;
  /** SHA-256 of the CA certificate that signed it, hexadecimal; undefined where an earlier version didn't write it down. */
  readonly issuer: string | undefined;
}

/** Two states of one envoy: it quoted a generation that was over. Times are ms since 1970. */
export interface Fork {
  /** When the server noticed. */
  readonly atMs: number;
  /** The newest generation at that moment, which is the time when it was handed out. */
  readonly newest: number;
  /** The older one that was quoted; 0: none. */
  readonly quoted: number;
  readonly remoteAddress: string;
  /** Set where the other state, too, was here afterwards: then there are two machines. */
  readonly other?: { readonly atMs: number; readonly remoteAddress: string } | undefined;
}

export interface Envoy {
  readonly id: EnvoyId;
  readonly hostName: HostName;
  /** A quarantined one gets no secrets; a revoked one is the tombstone of its UUID and key (T3). */
  readonly status: 'active' | 'quarantined' | 'revoked';
  /** Ed25519, 32 bytes. */
  readonly publicKey: Uint8Array;
  /** SHA-256 of the SubjectPublicKeyInfo of its TLS key, 32 bytes. */
  readonly tlsPublicKeyHash: Uint8Array;
  /** Those of its token. */
  readonly labels: Labels;
  readonly enrolledAtMs: number;
  readonly enrolledFrom: string;
  /** The newest one. */
  readonly certificate: Certificate | undefined;
  readonly lastSeenAtMs: number | undefined;
  /** When it was told to check in again at its last contact, in ms; undefined where an earlier version didn't write it down. */
  readonly checkInIntervalMs: number | undefined;
  /** The run that it reported last, among those that went to their end. */
  readonly lastRun: RunSummary | undefined;
  readonly traits: Traits | undefined;
  /** As it said at its last check-in; undefined before the first, and where an earlier version didn't write it down. */
  readonly agent: AgentInfo | undefined;
  readonly revokedAtMs: number | undefined;
  readonly quarantinedAtMs: number | undefined;
  /** Until an operator releases the envoy. */
  readonly fork: Fork | undefined;
  /** Counters; 0: none. Written now and then. */
  readonly generation: Generation;
}

/** The generation that was handed out last, and the one that was quoted last. */
export interface Generation {
  readonly issued: number;
  readonly quoted: number;
}

/** Reads a row of the table `envoys`. */
export function toEnvoy(row: Row): Envoy {
  const serial = optional<string>(row.certificate_serial);
  const traits = optional<string>(row.traits);
  const agent = optional<string>(row.agent);
  const fork = optional<string>(row.fork);
  const lastRun = optional<string>(row.last_run);
  return {
    id: row.id as EnvoyId,
    hostName: row.host_name as HostName,
    status: statusOf(row),
    publicKey: blob(row.ed25519_public_key),
    tlsPublicKeyHash: blob(row.tls_public_key_hash),
    labels: json<Labels>(row.labels),
    enrolledAtMs: row.enrolled_at as number,
    enrolledFrom: row.enrolled_from as string,
    certificate: serial === undefined ? undefined : certificateOf(serial, row),
    lastSeenAtMs: optional<number>(row.last_seen_at),
    checkInIntervalMs: optional<number>(row.check_in_interval),
    lastRun: lastRun === undefined ? undefined : json<RunSummary>(lastRun),
    traits: traits === undefined ? undefined : json<Traits>(traits),
    agent: agent === undefined ? undefined : json<AgentInfo>(agent),
    revokedAtMs: optional<number>(row.revoked_at),
    quarantinedAtMs: optional<number>(row.quarantined_at),
    fork: fork === undefined ? undefined : json<Fork>(fork),
    generation: { issued: row.generation_issued as number, quoted: row.generation_quoted as number },
  };
}

function certificateOf(serial: string, row: Row): Certificate {
  const issuer = optional<string>(row.certificate_issuer);
  return { serial, notAfterMs: row.certificate_expires as number, issuer };
}

function statusOf(row: Row): Envoy['status'] {
  if (row.revoked_at !== null) return 'revoked';
  return row.quarantined_at === null ? 'active' : 'quarantined';
}
