import { type EnvoyId, encodeCanonical, isEnvoyId } from '../../base/index.js';
import { loadSha256 } from '../../crypto/index.js';
import { SignedRequest as Message } from '../../gen/proto/vigo/v1/messages.js';
import { WireError } from '../errors.js';
import { maxRequestBytes } from '../limits.js';
import type { RequestMethod } from '../methods.js';
import { counter, decodeStrict, sized } from '../strict.js';

export const INSTANCE_BYTES = 16;
export const SIGNATURE_BYTES = 64;

/** A request as it is signed. The payload stays bytes until the signature is verified (T2). */
export interface UnsignedRequest {
  readonly envoyId: EnvoyId;
  /** 16 bytes: the server process that this request is for. Zeros where the agent doesn't know it yet. */
  readonly instance: Uint8Array;
  /** Rises with every request of this envoy. */
  readonly sequence: number;
  readonly issuedAtMs: number;
  readonly payload: Uint8Array;
}

export interface SignedRequest extends UnsignedRequest {
  /** Ed25519, 64 bytes, over `signedBytes`. */
  readonly signature: Uint8Array;
}

/** The bytes under a request's signature: tag, method and every field. */
export function signedBytes(method: RequestMethod, request: UnsignedRequest): Uint8Array {
  const { envoyId, instance, sequence, issuedAtMs, payload } = request;
  return encodeCanonical('vigo/request/v1', method, envoyId, instance, sequence, issuedAtMs, payload);
}

/** SHA-256 of `signedBytes`: what a sealed answer is bound to. */
export async function requestHash(method: RequestMethod, request: UnsignedRequest): Promise<Uint8Array> {
  return (await loadSha256()).digest(signedBytes(method, request));
}

export function encodeSignedRequest(request: SignedRequest): Uint8Array {
  return Message.encode({
    envoyId: request.envoyId,
    instance: Buffer.from(request.instance),
    sequence: BigInt(request.sequence),
    issuedAt: BigInt(request.issuedAtMs),
    payload: Buffer.from(request.payload),
    signature: Buffer.from(request.signature),
  }).finish();
}

/**
 * Reads the envelope alone, bounds first; the payload isn't looked at.
 * @throws WireError `too_large` or `malformed`
 */
export function decodeSignedRequest(method: RequestMethod, bytes: Uint8Array): SignedRequest {
  if (bytes.length > maxRequestBytes[method]) {
    throw new WireError('too_large', `a ${method} request has at most ${maxRequestBytes[method]} bytes`);
  }
  const message = decodeStrict('signed request', Message, bytes);
  if (!isEnvoyId(message.envoyId)) throw new WireError('malformed', 'the envoy id is not a UUID');
  return {
    envoyId: message.envoyId,
    instance: sized('the instance', message.instance, INSTANCE_BYTES),
    sequence: counter('the sequence', message.sequence),
    issuedAtMs: counter('the time of issue', message.issuedAt),
    payload: message.payload,
    signature: sized('the signature', message.signature, SIGNATURE_BYTES),
  };
}
