import type { Clock } from '../base/index.js';
import { certificateValidity } from './read-certificate.js';

const LONGEST_NOTICE_MS = 30 * 86_400_000;

export interface Lifetime {
  /** `ending`: a third of its life is left, or 30 days where that is less, and it should be replaced. */
  readonly state: 'not yet valid' | 'good' | 'ending' | 'expired';
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

/** Where in its life a certificate is. @throws PkiError `bad_certificate` */
export function lifetimeOf(certificatePem: string, clock: Clock): Lifetime {
  const { notBeforeMs, notAfterMs } = certificateValidity(certificatePem);
  const nowMs = clock.nowMs();
  const noticeMs = Math.min((notAfterMs - notBeforeMs) / 3, LONGEST_NOTICE_MS);
  const state =
    nowMs < notBeforeMs
      ? 'not yet valid'
      : nowMs >= notAfterMs
        ? 'expired'
        : nowMs >= notAfterMs - noticeMs
          ? 'ending'
          : 'good';
  return { state, notBeforeMs, notAfterMs };
}
