import { verify as verifyEcdsa } from 'node:crypto';
import { type EnvoyId, formatDuration, type SteadyClock, VigoError } from '../../base/index.js';
import { loadSha256 } from '../../crypto/index.js';
import type { RequestVerifier } from '../../identity/index.js';
import { issueEnvoyCertificate, type KeyedCertificate, readPublicKey } from '../../pki/index.js';
import type { Settings } from '../../settings/index.js';
import { type Store, StoreError } from '../../store/index.js';
import {
  decodeRenewal,
  decodeSignedRequest,
  RENEW_PATH,
  Rejection,
  type Renewal,
  type RenewalAnswer,
  renewalProofBytes,
} from '../../wire/index.js';
import { RateLimit } from '../abuse/rate-limit.js';
import type { RefusalLog } from '../abuse/refusal-log.js';
import { ServerError } from '../errors.js';

/** Per envoy 10 renewals at once and one an hour: each costs an audit entry, and an honest envoy takes one in weeks. */
const LIMIT = { burst: 10, refillMs: 3_600_000, maxNetworks: 100_000 };

export interface RenewalContext {
  /** The CA as it is now. */
  readonly authority: { readonly ca: KeyedCertificate };
  readonly trustDomain: string;
  readonly settings: Pick<Settings, 'certificateTtlMs' | 'recoveryWindowMs'>;
  /** The one that checks calls over gRPC: a sequence number is used once, whichever way it came. */
  readonly verifier: RequestVerifier;
  readonly store: Store;
  readonly refusals: Pick<RefusalLog, 'note'>;
  readonly clock: SteadyClock;
}

/** Gives envoys certificates over their next keys. */
export class Renewals {
  readonly #context: RenewalContext;
  readonly #limit = new RateLimit(LIMIT);

  constructor(context: RenewalContext) {
    this.#context = context;
  }

  /**
   * The envoy's Ed25519 key asks, and the new key proves that it is held. No client certificate is looked at, so that
   * one which has ended is renewed in the same way.
   * @param bytes an encoded `SignedRequest` for the method `RenewCertificate`
   * @throws Rejection, which is recorded unless it is `instance`; ServerError `too_many_attempts`
   */
  async renew(bytes: Uint8Array, remoteAddress: string): Promise<RenewalAnswer> {
    const { verifier, settings, refusals } = this.#context;
    let proven: EnvoyId | undefined;
    try {
      const request = decodeSignedRequest('RenewCertificate', bytes);
      const { payload } = verifier.verify({ method: 'RenewCertificate', certificateEnvoyId: undefined, request });
      proven = request.envoyId;
      this.#demandWithinLimit(proven);
      return await this.#certify(proven, decodeRenewal(payload), remoteAddress);
    } catch (error) {
      const rejection = rejectionOf(error, settings.recoveryWindowMs);
      if (rejection === undefined) throw error;
      if (rejection.code !== 'instance') {
        const subject = proven ?? 'anonymous';
        const method = `POST ${RENEW_PATH}`;
        refusals.note({ action: 'request.rejected', subject, reason: rejection.code, method, address: remoteAddress });
      }
      throw rejection;
    }
  }

  #demandWithinLimit(envoyId: EnvoyId): void {
    const waitMs = this.#limit.take(envoyId, this.#context.clock.monotonicMs());
    if (waitMs === 0) return;
    throw new ServerError('too_many_attempts', 'this envoy renews its certificate too often', {
      hint: `try again in ${Math.ceil(waitMs / 60_000)} min; is the clock of that machine right?`,
    });
  }

  async #certify(envoyId: EnvoyId, { tlsPublicKey, tlsProof }: Renewal, remoteAddress: string): Promise<RenewalAnswer> {
    const { authority, trustDomain, settings, store, clock } = this.#context;
    const { certificateTtlMs: ttlMs, recoveryWindowMs } = settings;
    demandProof(envoyId, tlsPublicKey, tlsProof);
    const { certificatePem, ...certificate } = issueEnvoyCertificate({
      ca: authority.ca,
      envoyId,
      trustDomain,
      publicKey: tlsPublicKey,
      ttlMs,
      clock,
    });
    const { serial, notAfterMs, issuer } = certificate;
    // The certificate doesn't leave before it is recorded.
    await store.renewCertificate(
      {
        id: envoyId,
        certificate,
        tlsPublicKeyHash: (await loadSha256()).digest(tlsPublicKey),
        earliestEndMs: clock.nowMs() - recoveryWindowMs,
      },
      {
        action: 'envoy.renewed',
        actor: `envoy:${envoyId}`,
        subject: envoyId,
        outcome: 'done',
        detail: { serial, not_after: notAfterMs, issuer, remote_address: remoteAddress },
      },
    );
    return { certificate: certificatePem };
  }
}

/** Against an envoy that wants a certificate over a key which it doesn't hold. */
function demandProof(envoyId: EnvoyId, tlsPublicKey: Uint8Array, tlsProof: Uint8Array): void {
  try {
    const key = readPublicKey(tlsPublicKey);
    if (verifyEcdsa('sha256', renewalProofBytes(envoyId, tlsPublicKey), key, tlsProof)) return;
  } catch (cause) {
    if (!(cause instanceof VigoError)) throw cause;
    throw new Rejection('malformed', cause.message, { cause });
  }
  throw new Rejection('forged', "the proof isn't the new key's");
}

function rejectionOf(error: unknown, windowMs: number): Rejection | undefined {
  if (error instanceof Rejection) return error;
  if (!(error instanceof VigoError)) return undefined;
  if (error.room === 'wire') return new Rejection('malformed', error.message, { cause: error });
  if (!(error instanceof StoreError)) return undefined;
  switch (error.code) {
    case 'envoy_not_found':
      return new Rejection('unknown', 'this server knows no such envoy', { cause: error });
    case 'envoy_revoked':
      return new Rejection('revoked', 'this envoy is revoked', { cause: error });
    case 'tls_key_known':
      return new Rejection('malformed', 'a renewal takes a fresh key', { cause: error });
    case 'certificate_lapsed':
      return new Rejection('lapsed', `${error.message}, more than ${formatDuration(windowMs)} ago`, { cause: error });
    default:
      return undefined;
  }
}
