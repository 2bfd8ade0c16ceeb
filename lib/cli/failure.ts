import { VigoError } from '../base/index.js';
import { errnoOf, filesError } from '../files/index.js';
import { CliError } from './errors.js';

/**
 * Whatever was thrown, as something to tell. What a library or a defect says may hold anything, a secret too, and isn't
 * shown.
 */
export function toFailure(error: unknown): VigoError {
  if (error instanceof VigoError) return error;
  if (errnoOf(error) !== undefined && error instanceof Error && 'path' in error) {
    return filesError('use', String(error.path), error);
  }
  const name = error instanceof Error ? error.name : typeof error;
  const hint = 'this is a defect of vigocli: report it';
  return new CliError('defect', `vigocli itself failed with a ${name}`, { hint, cause: error });
}

/** Where it was thrown, a line each, without its message. */
export function framesOf(error: unknown): string[] {
  const lines = error instanceof Error ? (error.stack ?? '').split('\n') : [];
  return lines.filter((line) => /^ {4}at /.test(line));
}
