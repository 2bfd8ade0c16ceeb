import * as z from 'zod/mini';
import { decodeCanonical, type EnvoyId, encodeCanonical, fromBase64Url, toBase64Url } from '../../base/index.js';
import { parseJson } from '../json.js';
import { checked } from '../strict.js';

/** Where the server renews certificates, on its HTTPS port. */
export const RENEW_PATH = '/enroll/renew';

const TAG = 'vigo/renewal/v1';
const TLS_KEY_BYTES = 91;

/** What an envoy asks for: a certificate over a key that it has just made. */
export interface Renewal {
  /** P-256, SubjectPublicKeyInfo (RFC 5480): 91 bytes in DER. */
  readonly tlsPublicKey: Uint8Array;
  /** ECDSA P-256 with SHA-256 over `renewalProofBytes`, in DER. */
  readonly tlsProof: Uint8Array;
}

/** What proves that the one who asks holds the new key: bound to the envoy, so that nobody's key goes to another one. */
export function renewalProofBytes(envoyId: EnvoyId, tlsPublicKey: Uint8Array): Uint8Array {
  return encodeCanonical('vigo/renewal-key/v1', envoyId, tlsPublicKey);
}

/** The payload of a signed request `RenewCertificate`. */
export function encodeRenewal({ tlsPublicKey, tlsProof }: Renewal): Uint8Array {
  return encodeCanonical(TAG, tlsPublicKey, tlsProof);
}

/** @throws WireError `malformed` */
export function decodeRenewal(bytes: Uint8Array): Renewal {
  return checked('a renewal', () => {
    const fields = decodeCanonical(TAG, 2, bytes);
    return { tlsPublicKey: fields.bytes(TLS_KEY_BYTES), tlsProof: fields.bytes() };
  });
}

const requestSchema = z.strictObject({ request: z.string().check(z.regex(/^[A-Za-z0-9_-]{1,1400}$/)) });
const answerSchema = z.strictObject({
  /** PEM, one certificate. */
  certificate: z.string(),
});

export type RenewalAnswer = z.infer<typeof answerSchema>;

/** @param request an encoded `SignedRequest` */
export function renewalToJson(request: Uint8Array): string {
  return JSON.stringify({ request: toBase64Url(request) });
}

/** @returns the encoded `SignedRequest`. @throws WireError `malformed` */
export function renewalFromJson(json: unknown): Uint8Array {
  const { request } = parseJson('a renewal', requestSchema, json);
  return checked('a renewal', () => fromBase64Url(request));
}

/** @throws WireError `malformed` */
export function parseRenewalAnswer(json: unknown): RenewalAnswer {
  return parseJson('the answer to a renewal', answerSchema, json);
}
