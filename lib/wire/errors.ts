import { type ErrorDetails, type ErrorKind, VigoError } from '../base/index.js';

const WIRE_ERRORS = {
  malformed: 'invalid',
  too_large: 'exhausted',
  forged: 'denied',
  rollback: 'denied', // an earlier state than what was accepted
} as const satisfies Record<string, ErrorKind>;

export type WireErrorCode = keyof typeof WIRE_ERRORS;

/** Bytes from the network that aren't the message that they should be, or that their signer didn't make. */
export class WireError extends VigoError<WireErrorCode> {
  constructor(code: WireErrorCode, message: string, details?: ErrorDetails) {
    super('wire', WIRE_ERRORS[code], code, message, details);
  }
}
