import { type ErrorDetails, type ErrorKind, VigoError } from '../base/index.js';

const SERVER_ERRORS = {
  bad_request: 'invalid',
  missing_file: 'precondition',
  bad_certificate: 'precondition', // of the CA or the server, or not one that goes with the others
  stepped_back: 'corrupt',
  not_found: 'not_found',
  cannot_listen: 'conflict',
  unauthenticated: 'unauthenticated',
  enrollment_refused: 'denied',
  too_many_attempts: 'exhausted',
} as const satisfies Record<string, ErrorKind>;

export type ServerErrorCode = keyof typeof SERVER_ERRORS;

export class ServerError extends VigoError<ServerErrorCode> {
  constructor(code: ServerErrorCode, message: string, details?: ErrorDetails) {
    super('server', SERVER_ERRORS[code], code, message, details);
  }
}
