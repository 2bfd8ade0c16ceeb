import { type ErrorDetails, type ErrorKind, VigoError } from '../base/index.js';

const SETTINGS_ERRORS = {
  bad_settings: 'invalid',
  missing_file: 'precondition',
  missing_secret: 'precondition',
  hidden_place: 'precondition', // a path that only who opens secrets can know
} as const satisfies Record<string, ErrorKind>;

export type SettingsErrorCode = keyof typeof SETTINGS_ERRORS;

/** What is wrong with `server.yaml`. The message names file, line, column and field, and never holds a secret. */
export class SettingsError extends VigoError<SettingsErrorCode> {
  constructor(code: SettingsErrorCode, message: string, details?: ErrorDetails) {
    super('settings', SETTINGS_ERRORS[code], code, message, details);
  }
}
