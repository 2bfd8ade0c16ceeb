import { Metadata, type StatusObject, status } from '@grpc/grpc-js';
import { errorTable, VigoError } from '../base/index.js';
import { decodeRejection, encodeRejection, REJECTION_TRAILER, Rejection, WireError } from '../wire/index.js';
import { RpcError, type RpcErrorCode } from './errors.js';

const MAX_DETAILS_CHARS = 500;

/** What a handler's error becomes for the caller. An error that isn't ours says nothing about itself. */
export function statusOf(error: unknown): StatusObject {
  const metadata = new Metadata();
  if (!(error instanceof VigoError)) return { code: status.INTERNAL, details: 'internal error', metadata };
  if (error instanceof Rejection) metadata.set(REJECTION_TRAILER, Buffer.from(encodeRejection(error)));
  return { code: errorTable[error.kind].grpc, details: printable(error.message), metadata };
}

const CODES: Readonly<Partial<Record<status, RpcErrorCode>>> = {
  [status.UNAVAILABLE]: 'unavailable',
  [status.DEADLINE_EXCEEDED]: 'deadline',
  [status.CANCELLED]: 'cancelled',
  [status.UNAUTHENTICATED]: 'refused',
  [status.PERMISSION_DENIED]: 'refused',
  [status.RESOURCE_EXHAUSTED]: 'too_large',
  [status.INVALID_ARGUMENT]: 'invalid',
};

/** The way back: what a call that didn't succeed becomes for an agent. */
export function errorOf(failure: StatusObject, what: string): Rejection | RpcError {
  const details = printable(failure.details);
  const [trailer] = failure.metadata.get(REJECTION_TRAILER);
  if (trailer instanceof Buffer) {
    try {
      return decodeRejection(trailer, details);
    } catch (cause) {
      if (!(cause instanceof WireError)) throw cause;
      return new RpcError('failed', `${what}: the server's reason can't be read`, { cause });
    }
  }
  return new RpcError(CODES[failure.code] ?? 'failed', `${what}: ${connectionWords(details)}`, { cause: failure });
}

/** gRPC's words for a connection that doesn't come about, and OpenSSL's in them, without what tells an operator nothing. */
function connectionWords(details: string): string {
  const words = /^No connection established\. Last error: (?:Error: )?(.*?)[ .]*(?:Resolution note:.*)?$/.exec(
    details,
  )?.[1];
  const reason = /^[0-9A-F]+:error:[0-9A-F]+:[^:]*:[^:]*:([^:]+):/.exec(words ?? '')?.[1];
  return reason === undefined ? (words ?? details) : `no TLS 1.3 connection: ${reason}`;
}

/** Against a text that breaks the header it travels in, or the terminal on which it is printed. */
function printable(text: string): string {
  return text
    .slice(0, MAX_DETAILS_CHARS)
    .toWellFormed()
    .replaceAll(/\p{Cc}/gu, ' ');
}
