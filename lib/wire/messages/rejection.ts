import * as z from 'zod/mini';
import {
  decodeCanonical,
  type ErrorKind,
  encodeCanonical,
  fromBase64Url,
  toBase64Url,
  VigoError,
} from '../../base/index.js';
import { WireError } from '../errors.js';
import { base64Url } from '../json.js';
import { INSTANCE_BYTES, SIGNATURE_BYTES } from '../signed/signed-request.js';
import { checked, optionalSized } from '../strict.js';

const REJECTIONS = {
  malformed: 'invalid', // not a request at all
  instance: 'precondition', // made for another server process: sign once more with the one in the answer
  certificate: 'unauthenticated', // the client certificate names another envoy, or none
  unknown: 'unauthenticated', // no such envoy: perhaps the database was restored
  forged: 'unauthenticated', // the signature isn't the envoy's
  replay: 'unauthenticated', // this sequence was used: go on above the highest one in the answer
  clock: 'precondition', // the sequence is out of reach: the envoy's clock is far ahead, or was once
  revoked: 'denied',
  lapsed: 'denied', // the certificate ended longer ago than it can be renewed: enroll again with a token
  clone: 'denied', // two machines may be this envoy: no secrets until an operator decides
  quarantine: 'denied', // an operator put the envoy aside: no secrets
  busy: 'exhausted', // too many calls at once, of this envoy or of all: later
  stale_bundle: 'precondition', // the bundle changed meanwhile: check in again
  entitlement: 'denied', // a ref that isn't in the envoy's bundle
} as const satisfies Record<string, ErrorKind>;

/** Why the server didn't do what an agent asked. None of them makes an agent give up its identity. */
export type RejectionReason = keyof typeof REJECTIONS;

export interface RejectionDetails {
  /** With `instance`: the 16 bytes to sign for. */
  readonly instance?: Uint8Array | undefined;
  /** With `replay`: the highest sequence that the server has seen of this envoy. */
  readonly highestSequence?: number | undefined;
  /** With `revoked`: the proof, 64 bytes. Without a right one it counts for nothing. */
  readonly revocation?: Uint8Array | undefined;
  readonly hint?: string | undefined;
  readonly cause?: unknown;
}

/** A refused request, thrown by the server's checks and again by the agent's channel. */
export class Rejection extends VigoError<RejectionReason> {
  readonly instance: Uint8Array | undefined;
  readonly highestSequence: number | undefined;
  readonly revocation: Uint8Array | undefined;

  constructor(reason: RejectionReason, message: string, details: RejectionDetails = {}) {
    super('wire', REJECTIONS[reason], reason, message, details);
    this.instance = details.instance;
    this.highestSequence = details.highestSequence;
    this.revocation = details.revocation;
  }
}

/** Returns the refusal of secrets to an envoy of this standing; undefined where it gets them. */
export function refusalFor(standing: 'active' | 'quarantined' | 'cloned'): Rejection | undefined {
  switch (standing) {
    case 'active':
      return undefined;
    case 'quarantined':
      return new Rejection('quarantine', 'an operator put this envoy into quarantine: it gets no secrets');
    case 'cloned':
      return new Rejection('clone', 'two machines may be this envoy: it gets no secrets until an operator has decided');
  }
}

const NONE = new Uint8Array();

/** The gRPC trailer that carries a rejection. */
export const REJECTION_TRAILER = 'vigo-rejection-bin';

export function encodeRejection(rejection: Rejection): Uint8Array {
  const { code, instance = NONE, highestSequence = 0, revocation = NONE } = rejection;
  return encodeCanonical('vigo/rejection/v1', code, instance, highestSequence, revocation);
}

/** @throws WireError `malformed` */
export function decodeRejection(bytes: Uint8Array, message: string): Rejection {
  return checked('a rejection', () => {
    const fields = decodeCanonical('vigo/rejection/v1', 4, bytes);
    const reason = fields.text();
    if (!isReason(reason)) throw new WireError('malformed', 'a rejection has an unknown reason');
    return new Rejection(reason, message, {
      instance: optionalSized('the instance', fields.bytes(), INSTANCE_BYTES),
      highestSequence: fields.number() || undefined,
      revocation: optionalSized('the revocation', fields.bytes(), SIGNATURE_BYTES),
    });
  });
}

const errorSchema = z.object({
  code: z.string(),
  instance: z.optional(base64Url(INSTANCE_BYTES)),
  highest_sequence: z.optional(z.int().check(z.nonnegative())),
  revocation: z.optional(base64Url(SIGNATURE_BYTES)),
});

/** A rejection as the `error` of a JSON answer. */
export function rejectionToJson({ code, message, hint, instance, highestSequence, revocation }: Rejection) {
  return {
    code,
    message,
    hint,
    instance: instance && toBase64Url(instance),
    highest_sequence: highestSequence,
    revocation: revocation && toBase64Url(revocation),
  };
}

/**
 * The way back.
 * @param error untrusted
 * @param words the server's own, fit for a terminal
 * @returns undefined where it is another error than a rejection
 */
export function rejectionFromJson(
  error: unknown,
  words: { message: string; hint: string | undefined },
): Rejection | undefined {
  const { data } = errorSchema.safeParse(error);
  if (data === undefined || !isReason(data.code)) return undefined;
  return new Rejection(data.code, words.message, {
    hint: words.hint,
    instance: data.instance === undefined ? undefined : fromBase64Url(data.instance),
    highestSequence: data.highest_sequence,
    revocation: data.revocation === undefined ? undefined : fromBase64Url(data.revocation),
  });
}

function isReason(text: string): text is RejectionReason {
  return Object.hasOwn(REJECTIONS, text);
}
