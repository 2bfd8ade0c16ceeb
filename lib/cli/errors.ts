import { type ErrorDetails, type ErrorKind, VigoError } from '../base/index.js';

const CLI_ERRORS = {
  usage: 'usage',
  no_terminal: 'usage',
  cancelled: 'invalid',
  interrupted: 'unavailable',
  mismatch: 'invalid',
  too_many_lines: 'invalid',
  typed_ahead: 'invalid',
  editor_failed: 'unavailable',
  exists: 'conflict',
  in_use: 'conflict',
  too_large: 'exhausted',
  no_server: 'unavailable',
  not_allowed: 'denied',
  no_vault: 'precondition',
  no_database: 'not_found',
  no_recipient: 'not_found',
  roll_over: 'precondition', // of the CA: one step after the other
  bad_config: 'invalid',
  audit_broken: 'corrupt',
  unhealthy: 'corrupt',
  backup_damaged: 'corrupt',
  output_failed: 'unavailable',
  bad_report: 'invalid',
  engines_disagree: 'internal',
  bench_failed: 'internal',
  defect: 'internal',
} as const satisfies Record<string, ErrorKind>;

export type CliErrorCode = keyof typeof CLI_ERRORS;

export class CliError extends VigoError<CliErrorCode> {
  constructor(code: CliErrorCode, message: string, details?: ErrorDetails) {
    super('cli', CLI_ERRORS[code], code, message, details);
  }
}

export function noVault(secretsDir: string): CliError {
  return new CliError('no_vault', `there is no vault in ${secretsDir} yet`, { hint: 'run: vigocli secrets init' });
}
