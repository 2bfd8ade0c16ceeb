import { type ErrorDetails, type ErrorKind, VigoError } from '../base/index.js';

/** A place in a `.vgo` file. Line and column count from 1; a column is one UTF-16 code unit. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** One thing that is wrong in a tree of `.vgo` files. */
export interface PolicyProblem extends Position {
  readonly message: string;
  readonly hint: string | undefined;
}

const POLICY_ERRORS = {
  invalid_config: 'invalid', // the tree of .vgo files has problems; they are in `problems`
  invalid_body: 'corrupt', // bytes that no server of this version would have made
  bad_value: 'invalid', // an attribute's value doesn't fit its type
  not_entitled: 'internal', // a placeholder that no operator wrote came out of a build
  unresolved: 'unavailable', // a ref has no value here and now
  missing_folder: 'precondition', // of the .vgo files
  misplaced: 'invalid', // a link or a device where a .vgo file should be
  too_large: 'exhausted', // a tree that no fleet needs
  missing_publication: 'corrupt', // a published tree that isn't what was published
  not_text: 'precondition', // a value that isn't UTF-8 would stand in the middle of a text
} as const satisfies Record<string, ErrorKind>;

export type PolicyErrorCode = keyof typeof POLICY_ERRORS;

export interface PolicyErrorDetails extends ErrorDetails {
  problems?: readonly PolicyProblem[];
}

/** A config that can't be published, or a body that can't be applied. Its message never holds a secret's value. */
export class PolicyError extends VigoError<PolicyErrorCode> {
  /** With `invalid_config`: everything that is wrong in the tree, ordered by file, line and column. */
  readonly problems: readonly PolicyProblem[];

  constructor(code: PolicyErrorCode, message: string, details: PolicyErrorDetails = {}) {
    super('policy', POLICY_ERRORS[code], code, message, details);
    this.problems = details.problems ?? [];
  }
}
