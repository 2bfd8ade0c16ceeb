import { type Clock, type EnvoyId, type HostName, type Json, matchesGlob, toHex } from '../../base/index.js';
import type { AuditLog } from './audit-log.js';
import type { Envoy } from './envoy.js';
import type { Envoys } from './envoys.js';
import type { Token, Tokens } from './tokens.js';

/** A machine that proved to hold both keys and names a token. */
export interface Enrollment {
  /** SHA-256 of the token, 32 bytes. */
  readonly tokenHash: Uint8Array;
  readonly hostName: HostName;
  readonly ed25519PublicKey: Uint8Array;
  readonly tlsPublicKeyHash: Uint8Array;
  readonly remoteAddress: string;
  /** Its UUID, if it becomes an envoy by this. */
  readonly newEnvoyId: EnvoyId;
}

export type EnrollmentOutcome =
  | { readonly outcome: 'enrolled'; readonly envoyId: EnvoyId }
  | { readonly outcome: 'repeated'; readonly envoyId: EnvoyId }
  /** It is an envoy already, and an operator lets it come back by a token. */
  | { readonly outcome: 'returned'; readonly envoyId: EnvoyId }
  | { readonly outcome: 'refused'; readonly reason: EnrollmentRefusal; readonly isRecorded: boolean };

export type EnrollmentRefusal =
  | 'unknown' // no such token
  | 'key_revoked' // the key belongs to an envoy that was expelled
  | 'used' // somebody else used the token
  | 'expired'
  | 'token_revoked' // an operator withdrew it
  | 'host_mismatch' // the token is for other host names
  | 'key_known' // the key belongs to an active envoy of another name
  | 'host_taken'; // the host name belongs to an active envoy

type Verdict =
  | Exclude<EnrollmentOutcome, { outcome: 'refused' }>
  | { readonly outcome: 'refused'; readonly reason: EnrollmentRefusal };

const HOUR_MS = 3_600_000;
/** How many tokens that nobody made are recorded within an hour: who has addresses enough makes up any number of them. */
const MADE_UP_PER_HOUR = 300;

/** Turns a token into an envoy: once, whoever else tries at the same time. */
export class Enrollments {
  readonly #tokens: Tokens;
  readonly #envoys: Envoys;
  readonly #log: AuditLog;
  readonly #clock: Clock;
  #madeUp = { sinceMs: 0, count: 0 };

  constructor(tokens: Tokens, envoys: Envoys, log: AuditLog, clock: Clock) {
    this.#tokens = tokens;
    this.#envoys = envoys;
    this.#log = log;
    this.#clock = clock;
  }

  /** Runs in one transaction, and every outcome is recorded in it, but for the many tokens that somebody makes up. */
  consumeToken(request: Enrollment): EnrollmentOutcome {
    const token = this.#tokens.byHash(request.tokenHash);
    const outcome = judge(request, token, {
      keyOwner: this.#envoys.byKey(request.ed25519PublicKey),
      hostOwner: this.#envoys.activeByHostName(request.hostName),
      nowMs: this.#clock.nowMs(),
    });
    if (token !== undefined && outcome.outcome === 'enrolled') this.#enroll(request, token);
    if (outcome.outcome === 'repeated' || outcome.outcome === 'returned') {
      this.#envoys.replaceTlsKey(outcome.envoyId, request.tlsPublicKeyHash);
    }
    if (token !== undefined && outcome.outcome === 'returned') this.#use(request, token, outcome.envoyId);
    if (token === undefined && !this.#isMadeUpRecorded()) return { ...refused('unknown'), isRecorded: false };
    this.#record(request, token, outcome);
    return outcome.outcome === 'refused' ? { ...outcome, isRecorded: true } : outcome;
  }

  #isMadeUpRecorded(): boolean {
    const nowMs = this.#clock.nowMs();
    const passedMs = nowMs - this.#madeUp.sinceMs;
    if (passedMs < 0 || passedMs >= HOUR_MS) this.#madeUp = { sinceMs: nowMs, count: 0 };
    return ++this.#madeUp.count <= MADE_UP_PER_HOUR;
  }

  #enroll(request: Enrollment, token: Token): void {
    const { newEnvoyId: id, hostName, ed25519PublicKey: publicKey, tlsPublicKeyHash, remoteAddress } = request;
    this.#envoys.insert({ id, hostName, publicKey, tlsPublicKeyHash }, token.labels, remoteAddress);
    this.#use(request, token, id);
  }

  #use({ remoteAddress }: Enrollment, token: Token, envoyId: EnvoyId): void {
    this.#tokens.markUsed(token.id, { atMs: this.#clock.nowMs(), remoteAddress, envoyId });
  }

  /** Of the token nothing is recorded but its id, not even the hash of one that doesn't exist. */
  #record(request: Enrollment, token: Token | undefined, outcome: Verdict): void {
    const actor = token === undefined ? 'unknown' : `token:${token.id}`;
    const detail: Record<string, Json> = {
      host_name: request.hostName,
      remote_address: request.remoteAddress,
      ed25519_public_key: toHex(request.ed25519PublicKey),
    };
    if (outcome.outcome !== 'refused') {
      const repeated = outcome.outcome === 'repeated';
      const returned = outcome.outcome === 'returned';
      this.#log.append(
        { action: 'envoy.enrolled', actor, subject: outcome.envoyId, outcome: 'done' },
        { ...detail, repeated, returned },
      );
      return;
    }
    const { reason } = outcome;
    // When and from where it was used tells an operator whether a token was stolen.
    const use =
      reason === 'used' && token?.use !== undefined
        ? { used_at: token.use.atMs, used_from: token.use.remoteAddress, used_by: token.use.envoyId }
        : {};
    this.#log.append(
      { action: 'enrollment.refused', actor, subject: request.hostName, outcome: 'denied' },
      { ...detail, reason, ...use },
    );
  }
}

interface Surroundings {
  /** Active or revoked. */
  readonly keyOwner: Envoy | undefined;
  readonly hostOwner: Envoy | undefined;
  readonly nowMs: number;
}

function judge(request: Enrollment, token: Token | undefined, around: Surroundings): Verdict {
  const { keyOwner, hostOwner, nowMs } = around;
  // Who holds no token learns nothing, whatever else is wrong.
  if (token === undefined) return refused('unknown');
  // T3: what was expelled doesn't come back with the same key, not with a fresh token either.
  if (keyOwner?.status === 'revoked') return refused('key_revoked');
  if (token.revokedAtMs !== undefined) return refused('token_revoked');
  const expired = nowMs >= token.expiresAtMs;
  if (token.use !== undefined) {
    // Single use. The one who used it may ask again, because its answer can have been lost on the way.
    const sameEnvoy = keyOwner?.id === token.use.envoyId && keyOwner.hostName === request.hostName;
    if (!sameEnvoy) return refused('used');
    return expired ? refused('expired') : { outcome: 'repeated', envoyId: keyOwner.id };
  }
  if (expired) return refused('expired');
  // D0: the token vouches for the name.
  if (token.match !== undefined && !matchesGlob(token.match, request.hostName)) return refused('host_mismatch');
  // Its certificate ended too long ago to be renewed, or it lost its server: an operator's token brings it back.
  if (keyOwner?.hostName === request.hostName) return { outcome: 'returned', envoyId: keyOwner.id };
  if (keyOwner !== undefined) return refused('key_known');
  if (hostOwner !== undefined) return refused('host_taken');
  return { outcome: 'enrolled', envoyId: request.newEnvoyId };
}

function refused(reason: EnrollmentRefusal) {
  return { outcome: 'refused', reason } as const;
}
