import { type ErrorDetails, type ErrorKind, VigoError } from '../base/index.js';

const ARCHIVE_ERRORS = {
  not_archive: 'invalid', // something else, or an archive of a version that this program doesn't know
  bad_passphrase: 'invalid', // none that an archive could be made with
  bad_recipient: 'invalid', // not the public key of a recipient
  bad_identity: 'invalid', // not the private key of a recipient
  other_recipient: 'denied',
  wrong_passphrase: 'denied', // or an altered header: nobody can tell these apart
  too_costly: 'exhausted', // a header that asks for more memory or time than any of ours
  cut_short: 'corrupt',
  altered: 'corrupt',
  bad_entry: 'corrupt', // authentic, but not what a server's home consists of
  changed: 'unavailable', // a file changed while it was copied
} as const satisfies Record<string, ErrorKind>;

export type ArchiveErrorCode = keyof typeof ARCHIVE_ERRORS;

/** An archive that can't be made, opened or believed. */
export class ArchiveError extends VigoError<ArchiveErrorCode> {
  constructor(code: ArchiveErrorCode, message: string, details?: ErrorDetails) {
    super('archive', ARCHIVE_ERRORS[code], code, message, details);
  }
}
