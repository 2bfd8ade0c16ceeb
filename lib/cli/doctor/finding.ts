/** `warn` is for what should be looked at, `fail` for what doesn't hold, or couldn't be looked at. */
export type Status = 'ok' | 'warn' | 'fail';

/** One line of the report. */
export interface Finding {
  readonly status: Status;
  /** What is so, and where; lower case, no full stop, never a secret. */
  readonly message: string;
  /** What to do next. */
  readonly hint?: string | undefined;
}

export function ok(message: string): Finding {
  return { status: 'ok', message };
}

export function warn(message: string, hint?: string): Finding {
  return { status: 'warn', message, hint };
}

export function fail(message: string, hint?: string): Finding {
  return { status: 'fail', message, hint };
}
