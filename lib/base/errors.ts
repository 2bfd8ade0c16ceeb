/**
 * What went wrong, in the eyes of the one who has to react. Every error code of every room belongs to one kind,
 * and the kind alone decides the exit code, the HTTP status and the gRPC status.
 */
export type ErrorKind =
  | 'usage' // the command line is wrong
  | 'invalid' // the input is wrong
  | 'unauthenticated' // the caller did not prove who it is
  | 'denied' // the caller is known and may not
  | 'locked' // the gate is closed
  | 'not_found'
  | 'conflict' // somebody else was there first, or it already exists
  | 'precondition' // the call is right, the moment or the state isn't
  | 'exhausted' // a limit of size, rate or space
  | 'unavailable' // try again later
  | 'corrupt' // stored data fails its checks
  | 'internal'; // a defect of Vigo

/** What each kind of error becomes outside: a process's exit code, an HTTP status, a gRPC status code. */
export const errorTable: Readonly<Record<ErrorKind, { exit: number; http: number; grpc: number }>> = {
  usage: { exit: 2, http: 400, grpc: 3 },
  invalid: { exit: 1, http: 400, grpc: 3 },
  unauthenticated: { exit: 3, http: 401, grpc: 16 },
  denied: { exit: 3, http: 403, grpc: 7 },
  locked: { exit: 3, http: 403, grpc: 7 },
  not_found: { exit: 4, http: 404, grpc: 5 },
  conflict: { exit: 1, http: 409, grpc: 6 },
  precondition: { exit: 1, http: 412, grpc: 9 },
  exhausted: { exit: 1, http: 429, grpc: 8 },
  unavailable: { exit: 1, http: 503, grpc: 14 },
  corrupt: { exit: 1, http: 500, grpc: 15 },
  internal: { exit: 1, http: 500, grpc: 13 },
};

export interface ErrorDetails {
  /** What to do next; printed behind `hint:`. */
  hint?: string | undefined;
  /** The error below this one. Kept for debugging, never shown to a caller. */
  cause?: unknown;
}

/**
 * The class above every room's error class. The message is public: it says what is wrong and where, in lower case,
 * without a full stop, and never holds a secret.
 */
export class VigoError<Code extends string = string> extends Error {
  readonly room: string;
  readonly kind: ErrorKind;
  readonly code: Code;
  readonly hint: string | undefined;

  constructor(room: string, kind: ErrorKind, code: Code, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = new.target.name;
    this.room = room;
    this.kind = kind;
    this.code = code;
    this.hint = details.hint;
  }
}

const BASE_ERRORS = {
  bad_address: 'invalid',
  bad_key_name: 'invalid',
  bad_host_name: 'invalid',
  bad_id: 'invalid',
  bad_duration: 'invalid',
  bad_glob: 'invalid',
  bad_label: 'invalid',
  bad_encoding: 'invalid',
  bad_claim: 'invalid',
  bad_passphrase: 'invalid',
} as const satisfies Record<string, ErrorKind>;

export type BaseErrorCode = keyof typeof BASE_ERRORS;

/** A value that doesn't fit the grammar that `base` owns for it. */
export class BaseError extends VigoError<BaseErrorCode> {
  constructor(code: BaseErrorCode, message: string, details?: ErrorDetails) {
    super('base', BASE_ERRORS[code], code, message, details);
  }
}
