import * as z from 'zod/mini';
import { encodeCanonical } from '../../base/index.js';
import { base64Url, ecdsaProof, parseJson } from '../json.js';

/** Where the server answers enrollment, on its HTTPS port. */
export const CA_PATH = '/enroll/ca';
export const ENROLL_PATH = '/enroll';
/** The agent's program, for a machine that has none yet and knows its hash. */
export const AGENT_PATH = '/enroll/agent';

const requestSchema = z.strictObject({
  token: z.string().check(z.maxLength(200)),
  host_name: z.string().check(z.maxLength(253)),
  ed25519_public_key: base64Url(32),
  /** P-256, SubjectPublicKeyInfo (RFC 5480): 91 bytes in DER. */
  tls_public_key: base64Url(91),
  /** Ed25519 over the transcript. */
  ed25519_proof: base64Url(64),
  /** ECDSA P-256 with SHA-256 over the transcript, in DER. */
  tls_proof: ecdsaProof,
});

/** What a machine sends to become an envoy, over a connection that it verified with the CA its token pins. */
export type EnrollmentRequest = z.infer<typeof requestSchema>;

const answerSchema = z.strictObject({
  envoy_id: z.string(),
  host_name: z.string(),
  trust_domain: z.string(),
  /** PEM, one certificate. */
  certificate: z.string(),
  /** The key that signs policy heads and sealed answers: pinned from now on. */
  policy_public_key: base64Url(32),
  /** How far the chain of trust leads that the key is the end of, and the hash of its last statement. */
  trust_number: z.int().check(z.minimum(0)),
  trust_head: base64Url(32),
  /** Where the gRPC listener is, on the host that the agent enrolled at. */
  grpc_port: z.int().check(z.minimum(1), z.maximum(65535)),
});

export type EnrollmentAnswer = z.infer<typeof answerSchema>;

/** The bytes under both proofs of possession: everything that the enrollment is about. */
export function enrollmentTranscript(input: {
  /** The token's 32 random bytes. */
  tokenSecret: Uint8Array;
  /** SHA-256 of the CA certificate that the token pins. */
  caHash: Uint8Array;
  hostName: string;
  ed25519PublicKey: Uint8Array;
  /** SubjectPublicKeyInfo, DER. */
  tlsPublicKey: Uint8Array;
}): Uint8Array {
  const { tokenSecret, caHash, hostName, ed25519PublicKey, tlsPublicKey } = input;
  return encodeCanonical('vigo/enrollment/v1', tokenSecret, caHash, hostName, ed25519PublicKey, tlsPublicKey);
}

/** @throws WireError `malformed` */
export function parseEnrollmentRequest(json: unknown): EnrollmentRequest {
  return parseJson('an enrollment request', requestSchema, json);
}

/** @throws WireError `malformed` */
export function parseEnrollmentAnswer(json: unknown): EnrollmentAnswer {
  return parseJson('an enrollment answer', answerSchema, json);
}
