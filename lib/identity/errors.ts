import { type ErrorDetails, type ErrorKind, VigoError } from '../base/index.js';

const IDENTITY_ERRORS = {
  bad_token: 'invalid', // not an enrollment token
  wrong_ca: 'unauthenticated', // the server isn't the one that the token was made by
  exhausted: 'exhausted', // no sequence number is left
} as const satisfies Record<string, ErrorKind>;

export type IdentityErrorCode = keyof typeof IDENTITY_ERRORS;

/** One side can't show, or isn't shown, who the other is. A refused request is a `Rejection` of the wire instead. */
export class IdentityError extends VigoError<IdentityErrorCode> {
  constructor(code: IdentityErrorCode, message: string, details?: ErrorDetails) {
    super('identity', IDENTITY_ERRORS[code], code, message, details);
  }
}
