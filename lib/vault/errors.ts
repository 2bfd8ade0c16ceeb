import { type ErrorDetails, type ErrorKind, VigoError } from '../base/index.js';

const VAULT_ERRORS = {
  not_initialized: 'precondition',
  already_initialized: 'conflict',
  key_missing: 'precondition', // ciphertext or a verifier, but no master key
  bad_master_key: 'corrupt',
  exposed_master_key: 'precondition', // a link, of another owner, or readable by others
  unknown_key: 'corrupt', // a file names a master key that isn't there
  bad_verifier: 'corrupt',
  bad_passphrase: 'invalid', // none that could be set
  wrong_passphrase: 'denied',
  slowed_down: 'exhausted', // too many wrong passphrases in a row
  locked: 'locked',
  expired: 'locked',
  clock_backwards: 'locked',
  not_found: 'not_found',
  name_conflict: 'conflict', // `a` beside `a/b`
  exists: 'conflict',
  version_conflict: 'conflict', // compare and set: another version is there than was expected
  bad_length: 'invalid',
  value_too_large: 'invalid',
  weak_password: 'invalid',
  damaged: 'corrupt', // not a file of the vault, or no whole one
  forged: 'corrupt', // altered, cut short, or moved here from another key
  misplaced: 'corrupt', // a link or a device where a file or a folder should be
  version_mismatch: 'corrupt', // an older file stands where a newer one was
  unreadable: 'corrupt', // files that can't be re-encrypted, so the old master key stays
  not_recorded: 'unavailable', // the journal refused the intent, so nothing was done
  outcome_not_recorded: 'unavailable', // done, but the journal refused the outcome
} as const satisfies Record<string, ErrorKind>;

export type VaultErrorCode = keyof typeof VAULT_ERRORS;

/** What the vault refuses, and what is wrong with what lies in it. */
export class VaultError extends VigoError<VaultErrorCode> {
  constructor(code: VaultErrorCode, message: string, details?: ErrorDetails) {
    super('vault', VAULT_ERRORS[code], code, message, details);
  }
}
