import { defectHint, describeDefect, VigoError } from '../../base/index.js';
import { errnoOf, filesError } from '../../files/index.js';
import { version } from '../../version.js';
import { CliError } from '../errors.js';

/** Makes an error to tell of anything that was thrown. What a library or a defect says may hold a secret and isn't told. */
export function toFailure(error: unknown): VigoError {
  if (error instanceof VigoError) return error;
  if (errnoOf(error) !== undefined && error instanceof Error && 'path' in error) {
    return filesError('use', String(error.path), error);
  }
  const hint = defectHint('vigocli', version);
  return new CliError('defect', `vigocli itself failed: ${describeDefect(error).what}`, { hint, cause: error });
}
