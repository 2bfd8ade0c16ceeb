import { BaseError, type KeyName, parseKeyName } from '../../base/index.js';
import { CliError } from '../errors.js';

/** Reads a word of the command line. What doesn't fit its grammar is wrong usage. @throws CliError `usage` */
export function fromCommandLine<T>(parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    if (!(cause instanceof BaseError)) throw cause;
    throw new CliError('usage', cause.message, { hint: cause.hint, cause });
  }
}

/** The name of a secret. @throws CliError `usage` */
export function readKeyName(text: string): KeyName {
  return fromCommandLine(() => parseKeyName(text));
}
