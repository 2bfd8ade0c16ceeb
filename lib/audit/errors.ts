import { type ErrorDetails, type ErrorKind, VigoError } from '../base/index.js';

const AUDIT_ERRORS = {
  bad_draft: 'internal', // a program tried to record something that the catalogue or the limits don't allow
  bad_entry: 'corrupt', // stored bytes that aren't an entry
  bad_frontier: 'corrupt', // a stored tree frontier that doesn't fit its size
} as const satisfies Record<string, ErrorKind>;

export type AuditErrorCode = keyof typeof AUDIT_ERRORS;

/** Something that can't be, or can't have been, an entry of the audit log. */
export class AuditError extends VigoError<AuditErrorCode> {
  constructor(code: AuditErrorCode, message: string, details?: ErrorDetails) {
    super('audit', AUDIT_ERRORS[code], code, message, details);
  }
}
