import { type KeyObject, verify as verifyEcdsa } from 'node:crypto';
import {
  type EnvoyId,
  equalBytes,
  fromBase64Url,
  parseEnvoyId,
  parseHostName,
  type SteadyClock,
  toBase64Url,
  uuidFrom,
  VigoError,
} from '../../base/index.js';
import { loadEd25519, loadSha256, randomBytes } from '../../crypto/index.js';
import { parseToken, tokenHash } from '../../identity/index.js';
import { certificateHash, issueEnvoyCertificate, type KeyedCertificate, readPublicKey } from '../../pki/index.js';
import type { Settings } from '../../settings/index.js';
import type { Store } from '../../store/index.js';
import { ENROLL_PATH, type EnrollmentAnswer, type EnrollmentRequest, enrollmentTranscript } from '../../wire/index.js';
import type { RefusalLog } from '../abuse/refusal-log.js';
import { ServerError } from '../errors.js';
import type { ServerTrust } from '../trust/server-trust.js';
import type { Fleet } from './fleet.js';

export interface EnrollmentContext {
  /** The CA as it is now. */
  readonly authority: { readonly ca: KeyedCertificate };
  readonly trustDomain: string;
  /** The policy key as it is now, and how far the chain leads to it. */
  readonly trust: Pick<ServerTrust, 'position' | 'statementsFrom'>;
  readonly settings: Pick<Settings, 'certificateTtlMs'>;
  readonly grpcPort: number;
  readonly store: Store;
  readonly fleet: Fleet;
  readonly refusals: Pick<RefusalLog, 'note'>;
  readonly clock: SteadyClock;
}

/**
 * Turns a machine that holds a token into an envoy: both proofs of possession first, then the token is consumed, then
 * the certificate is made. A lost answer costs nothing: the same key with the same token gets the same UUID.
 * @returns the answer, and whether it was given before
 * @throws ServerError `enrollment_refused`, the same for every reason; the audit log says which it was.
 */
export async function enroll(
  context: EnrollmentContext,
  request: EnrollmentRequest,
  remoteAddress: string,
): Promise<{ answer: EnrollmentAnswer; isRepeated: boolean }> {
  const { trustDomain, trust, grpcPort } = context;
  const proven = await prove(context.authority.ca, request).catch((error) => {
    if (error instanceof ServerError) noteRefusal(context.refusals, remoteAddress, 'not_proven');
    throw error;
  });
  const { tlsPublicKey, ...enrollment } = proven;
  const { store, fleet } = context;
  const result = await store.consumeTokenAndEnroll({
    ...enrollment,
    tlsPublicKeyHash: (await loadSha256()).digest(tlsPublicKey),
    remoteAddress,
    newEnvoyId: parseEnvoyId(uuidFrom(randomBytes(16))),
  });
  if (result.outcome === 'refused') {
    if (!result.isRecorded) noteRefusal(context.refusals, remoteAddress, result.reason);
    throw refused();
  }

  const { envoyId } = result;
  const { hostName, ed25519PublicKey: publicKey } = enrollment;
  // Before anything else is waited for: a revocation that is committed right behind this must come second here, too.
  fleet.enrolled({ id: envoyId, hostName, publicKey });
  const certificate = await certify(context, envoyId, tlsPublicKey);
  const { policyKey, number, head } = trust.position;
  const answer = {
    envoy_id: envoyId,
    host_name: hostName,
    trust_domain: trustDomain,
    certificate,
    policy_public_key: toBase64Url(policyKey),
    trust_number: number,
    trust_head: toBase64Url(head),
    grpc_port: grpcPort,
  };
  return { answer, isRepeated: result.outcome === 'repeated' };
}

/** What a request says, once both proofs of possession hold. @throws ServerError `enrollment_refused` */
async function prove(ca: KeyedCertificate, request: EnrollmentRequest) {
  const caHash = certificateHash(ca.certificatePem);
  const hostName = parseHostName(request.host_name);
  const ed25519PublicKey = fromBase64Url(request.ed25519_public_key);
  const tlsPublicKey = fromBase64Url(request.tls_public_key);
  const token = orRefuse(() => parseToken(request.token));
  try {
    const tokenSecret = token.secret.expose();
    // A token of another server pins another CA, and both proofs are made over the pin.
    if (!equalBytes(token.caHash, caHash)) throw refused();
    const transcript = enrollmentTranscript({ tokenSecret, caHash, hostName, ed25519PublicKey, tlsPublicKey });
    await requireProofs(request, transcript, ed25519PublicKey, tlsPublicKey);
    return { tokenHash: await tokenHash(tokenSecret), hostName, ed25519PublicKey, tlsPublicKey };
  } finally {
    token.secret.dispose();
  }
}

/** Of what proves nothing the address alone is known; counted, because it costs nothing to send. */
function noteRefusal(refusals: EnrollmentContext['refusals'], address: string, reason: string): void {
  refusals.note({
    action: 'enrollment.refused',
    subject: 'anonymous',
    reason,
    method: `POST ${ENROLL_PATH}`,
    address,
  });
}

async function certify(context: EnrollmentContext, envoyId: EnvoyId, publicKey: Uint8Array): Promise<string> {
  const { authority, trustDomain, settings, clock, store } = context;
  const { ca } = authority;
  const { certificatePem, ...certificate } = issueEnvoyCertificate({
    ...{ ca, envoyId, trustDomain, publicKey, ttlMs: settings.certificateTtlMs, clock },
  });
  await store.recordCertificate(envoyId, certificate);
  return certificatePem;
}

/** Against somebody who asks for a certificate over a key, or an identity, that isn't theirs. */
async function requireProofs(
  request: EnrollmentRequest,
  transcript: Uint8Array,
  ed25519PublicKey: Uint8Array,
  tlsPublicKey: Uint8Array,
): Promise<void> {
  const ed25519 = await loadEd25519();
  if (!ed25519.verify(fromBase64Url(request.ed25519_proof), transcript, ed25519PublicKey)) throw refused();
  const key = orRefuse<KeyObject>(() => readPublicKey(tlsPublicKey));
  if (!verifyEcdsa('sha256', transcript, key, fromBase64Url(request.tls_proof))) throw refused();
}

/** A token or key that can't be read is refused like one that is wrong. */
function orRefuse<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw cause instanceof VigoError ? refused(cause) : cause;
  }
}

function refused(cause?: unknown): ServerError {
  return new ServerError('enrollment_refused', 'not with this token', {
    hint: 'the token may be wrong, expired, used, or made for another host name: `vigocli audit list --action enrollment.refused` on the server says which; `vigocli envoys token` makes a new one',
    cause,
  });
}
