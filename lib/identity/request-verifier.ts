import { type Clock, type EnvoyId, equalBytes } from '../base/index.js';
import type { Ed25519 } from '../crypto/index.js';
import { Rejection, type RequestMethod, type SignedRequest, signedBytes } from '../wire/index.js';
import { ReplayWindow } from './replay-window.js';
import { isWithinReach } from './sequence.js';

/** What has to be known about an envoy to verify its requests. */
export interface KnownEnvoy {
  /** Ed25519, 32 bytes, stored at enrollment. */
  readonly publicKey: Uint8Array;
  readonly status: 'active' | 'quarantined' | 'revoked';
}

export interface RequestVerifierOptions {
  readonly ed25519: Pick<Ed25519, 'verify'>;
  /** 16 bytes: this server process. */
  readonly instance: Uint8Array;
  readonly clock: Clock;
  /** Answers from memory: checking a request waits for nothing. */
  readonly lookup: (envoyId: EnvoyId) => KnownEnvoy | undefined;
  /** Makes what an envoy believes that it is revoked by. */
  readonly revocationOf: (envoyId: EnvoyId) => Uint8Array;
}

/** A request as it came in, its envelope within its bounds. */
export interface ReceivedRequest {
  readonly method: RequestMethod;
  /** The envoy that the client certificate names, if it names one of this fleet. A renewal comes without one. */
  readonly certificateEnvoyId: EnvoyId | undefined;
  readonly request: SignedRequest;
}

/** What an active envoy asks for. The payload is authentic, and nobody has parsed it yet. */
export interface VerifiedRequest {
  readonly envoyId: EnvoyId;
  readonly payload: Uint8Array;
  /** How far the envoy's clock is ahead of this one's, in ms: a diagnosis, never a reason to refuse. */
  readonly clockSkewMs: number;
  /** Whether a request that was signed after this one was here before: it was held up, and the state it tells of is old. */
  readonly isLate: boolean;
}

export interface RequestVerifier {
  /**
   * @throws Rejection `instance` (with the right one), `certificate`, `unknown`, `forged`, `revoked`, `clock` (a
   * sequence more than a year ahead of this clock) or `replay` (with the highest sequence)
   */
  verify(received: ReceivedRequest): VerifiedRequest;
}

/** Makes the check that each agent request passes before anything in it is parsed (T2). It remembers what was used. */
export function createRequestVerifier(options: RequestVerifierOptions): RequestVerifier {
  const { ed25519, clock, lookup, revocationOf } = options;
  const instance = Uint8Array.from(options.instance);
  const windows = new Map<EnvoyId, ReplayWindow>();

  return {
    verify({ method, certificateEnvoyId, request }) {
      const { envoyId, payload } = request;
      // Replay after a restart or at another server. First, because it costs nothing.
      if (!equalBytes(request.instance, instance)) {
        throw new Rejection('instance', 'the request is for another server process', { instance });
      }
      // One envoy speaking as another over its own connection. Only a renewal has none: its certificate may be over.
      if (method !== 'RenewCertificate' && certificateEnvoyId !== envoyId) {
        throw new Rejection('certificate', "the client certificate is not that envoy's");
      }
      const envoy = lookup(envoyId);
      if (envoy === undefined) throw new Rejection('unknown', 'this server knows no such envoy');
      // Forgery and alteration: whoever holds the TLS key, or the CA's, doesn't hold the envoy's Ed25519 key.
      if (!ed25519.verify(request.signature, signedBytes(method, request), envoy.publicKey)) {
        throw new Rejection('forged', "the signature is not the envoy's");
      }
      // From here on the envoy itself is speaking; only now does it learn about itself.
      if (envoy.status === 'revoked') {
        throw new Rejection('revoked', 'this envoy is revoked', { revocation: revocationOf(envoyId) });
      }
      // An envoy that moves its own window to the end: every request after it would be a replay.
      if (!isWithinReach(request.sequence, clock.nowMs())) {
        const now = new Date(clock.nowMs()).toISOString();
        throw new Rejection('clock', `the sequence is more than a year ahead of the server's clock, ${now}`);
      }
      const isLate = useSequence(windows, request) > request.sequence;
      return { envoyId, payload, clockSkewMs: request.issuedAtMs - clock.nowMs(), isLate };
    },
  };
}

/**
 * Replay within this process. The map grows with the fleet and not with what strangers send.
 * @returns the highest sequence that was used
 */
function useSequence(windows: Map<EnvoyId, ReplayWindow>, { envoyId, sequence }: SignedRequest): number {
  const window = windows.get(envoyId) ?? new ReplayWindow();
  windows.set(envoyId, window);
  if (window.accept(sequence) !== 'fresh') {
    throw new Rejection('replay', 'this request was here before, or is too old to know', {
      highestSequence: window.highest,
    });
  }
  return window.highest;
}
