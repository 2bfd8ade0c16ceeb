import { type ErrorDetails, type ErrorKind, VigoError } from '../base/index.js';

const PKI_ERRORS = {
  bad_name: 'invalid', // a name that a certificate can't hold
  bad_lifetime: 'invalid',
  bad_key: 'invalid', // not a P-256 key
  bad_certificate: 'invalid',
  not_a_ca: 'invalid',
  key_mismatch: 'invalid', // the key belongs to another certificate
  not_issued: 'invalid', // another CA signed it
  expired: 'precondition',
} as const satisfies Record<string, ErrorKind>;

export type PkiErrorCode = keyof typeof PKI_ERRORS;

/** A certificate can't be issued, or isn't what it is taken for. */
export class PkiError extends VigoError<PkiErrorCode> {
  constructor(code: PkiErrorCode, message: string, details?: ErrorDetails) {
    super('pki', PKI_ERRORS[code], code, message, details);
  }
}
