import { X509Certificate } from 'node:crypto';
import { lifetimeOf, type SteadyClock, VigoError } from '../../base/index.js';
import { type Random, retryMs } from '../contact/backoff.js';
import type { TlsFiles } from '../held/identity-files.js';
import type { Log } from '../log.js';
import { issuerOf } from './own-certificate.js';

/** Renewed after two thirds of its time, and up to a twentieth later: a fleet that was enrolled at once isn't back at once. */
const DUE = 2 / 3;
const SPREAD = 1 / 20;
/** Within this time, by chance, where the CA that signed it has a successor: a fleet hears of that at one moment. */
const SUCCESSION_MS = 3_600_000;

export interface CertificateKeeperOptions {
  readonly tls: Pick<TlsFiles, 'certificatePem' | 'caPem'>;
  /** Gets and stores the next one. @throws VigoError; the present one stays then */
  readonly renew: () => Promise<TlsFiles>;
  /** Puts it to use. */
  readonly use: (tls: TlsFiles) => Promise<void>;
  readonly clock: SteadyClock;
  readonly random: Random;
  readonly log: Log;
}

/** Sees to it that this machine has a certificate. */
export class CertificateKeeper {
  readonly #options: CertificateKeeperOptions;
  #certificate: X509Certificate;
  #endsAtMs: number;
  #dueAtMs: number;
  /** Not before. By both clocks: one that is set back holds nothing up, and a machine that slept doesn't wait once more. */
  #wait = { endsAtMs: 0, endsAtMonotonicMs: 0 };
  #failures = 0;

  constructor(options: CertificateKeeperOptions) {
    this.#options = options;
    const { certificatePem, caPem } = options.tls;
    this.#certificate = new X509Certificate(certificatePem);
    const { dueAtMs, endsAtMs } = this.#plan();
    this.#endsAtMs = endsAtMs;
    const issuer = issuerOf(this.#certificate, caPem);
    if (issuer === 'nobody') this.#endsAtMs = 0;
    // One of a CA that has a successor is due: this process may end before a time that is drawn now.
    this.#dueAtMs = issuer === 'newest' ? dueAtMs : 0;
  }

  /**
   * Hears whom this machine trusts from now on. A certificate that none of these CAs signed opens no connection any
   * more, as if it had ended; one of an earlier CA is due soon. @param caPem the newest CA last
   */
  heed(caPem: string): void {
    const { random } = this.#options;
    const issuer = issuerOf(this.#certificate, caPem);
    if (issuer === 'newest') return;
    if (issuer === 'nobody') this.#endsAtMs = 0;
    const delayMs = issuer === 'nobody' ? 0 : SUCCESSION_MS * random();
    if (this.#leftMs() <= delayMs) return;
    this.#dueAtMs = 0;
    this.#waitFor(delayMs);
  }

  /**
   * Renews the certificate where it is time, before each contact. While the present one is good a failure is only said,
   * and tried again later and later.
   * @throws VigoError where the certificate has ended and there is no other one: the identity stays, for the next try
   */
  async keep(): Promise<void> {
    const { clock, random, log } = this.#options;
    if (this.#leftMs() > 0) return;
    try {
      await this.#renew();
    } catch (cause) {
      if (!(cause instanceof VigoError) || clock.nowMs() >= this.#endsAtMs) throw cause;
      this.#waitFor(retryMs(++this.#failures, cause, random));
      log.warn(
        `the certificate isn't renewed yet: ${cause.message}${cause.hint === undefined ? '' : ` (${cause.hint})`}`,
      );
    }
  }

  async #renew(): Promise<void> {
    const { renew, use, log } = this.#options;
    const tls = await renew();
    this.#certificate = new X509Certificate(tls.certificatePem);
    const { dueAtMs, endsAtMs, lifetimeMs } = this.#plan();
    this.#failures = 0;
    this.#endsAtMs = endsAtMs;
    // A clock that is ahead finds a new certificate at its end, too, and would ask for another one for ever.
    this.#dueAtMs = dueAtMs;
    this.#waitFor(lifetimeMs / 3);
    await use(tls);
    log.info(`renewed the certificate: it is good until ${new Date(endsAtMs).toISOString()}`);
  }

  #waitFor(ms: number): void {
    const { clock } = this.#options;
    this.#wait = { endsAtMs: clock.nowMs() + ms, endsAtMonotonicMs: clock.monotonicMs() + ms };
  }

  /** How long until the next try; 0 or less where it is time. */
  #leftMs(): number {
    const { clock } = this.#options;
    const { endsAtMs, endsAtMonotonicMs } = this.#wait;
    const waitMs = Math.min(endsAtMs - clock.nowMs(), endsAtMonotonicMs - clock.monotonicMs());
    return Math.max(this.#dueAtMs - clock.nowMs(), waitMs);
  }

  #plan(): { dueAtMs: number; endsAtMs: number; lifetimeMs: number } {
    const { validFrom, validTo } = this.#certificate;
    const endsAtMs = Date.parse(validTo);
    const { madeAtMs, lifetimeMs } = lifetimeOf({ notBeforeMs: Date.parse(validFrom), notAfterMs: endsAtMs });
    const dueAtMs = madeAtMs + lifetimeMs * (DUE + SPREAD * this.#options.random());
    return { dueAtMs, endsAtMs, lifetimeMs };
  }
}
