import { type ErrorDetails, type ErrorKind, VigoError } from '../base/index.js';

const RPC_ERRORS = {
  bad_credentials: 'invalid', // a PEM that isn't one, or a key that isn't the certificate's
  listen: 'precondition', // the address is taken, or isn't ours
  unavailable: 'unavailable', // no connection, or it broke; also where a certificate was refused on either side
  deadline: 'unavailable',
  cancelled: 'unavailable', // by the caller
  refused: 'denied',
  too_large: 'exhausted',
  invalid: 'invalid', // the other side calls the message wrong
  failed: 'internal', // any other answer that isn't a success
} as const satisfies Record<string, ErrorKind>;

export type RpcErrorCode = keyof typeof RPC_ERRORS;

/** A call didn't happen, or its answer didn't arrive. What the server's checks refuse is a `Rejection` instead. */
export class RpcError extends VigoError<RpcErrorCode> {
  constructor(code: RpcErrorCode, message: string, details?: ErrorDetails) {
    super('rpc', RPC_ERRORS[code], code, message, details);
  }
}
