import { isReservedKey, type KeyGlob, type KeyName, parseKeyGlob, parseKeyName } from '../../base/index.js';
import { PolicyError } from '../errors.js';
import type { Attribute } from './attribute.js';

const MAX_PATTERNS = 100;

/** Attributes that a resource of every type may have. */
export type CommonAttributes = {
  /** Keys and globs of keys. It is applied anew when a secret changes that they fit, and may not resolve it for that. */
  readonly watch_secret?: readonly KeyGlob[];
};

/** One text, or a list of them; a body always holds the list. */
const watchSecret: Attribute<readonly KeyGlob[], false> = {
  required: false,
  takesList: true,
  secretsRefused: 'write the key alone, without secret: in front of it',
  read(value) {
    const patterns = (typeof value === 'string' ? [value] : value).map(parseWatchPattern);
    if (patterns.length === 0) throw new PolicyError('bad_value', 'this names no secret');
    if (patterns.length > MAX_PATTERNS) {
      throw new PolicyError('bad_value', `these are more than ${MAX_PATTERNS}`, { hint: 'a glob names many at once' });
    }
    return patterns;
  },
};

export const commonAttributes = { watch_secret: watchSecret };

/** The key that a pattern names, undefined where it is a glob. */
export function keyOfPattern(pattern: KeyGlob): KeyName | undefined {
  return /[*?]/.test(pattern) ? undefined : parseKeyName(pattern);
}

/**
 * A key that config may refer to, or a glob of keys.
 * @throws BaseError `bad_key_name`, `bad_glob`; PolicyError `bad_value` for a reserved key
 */
export function parseWatchPattern(text: string): KeyGlob {
  if (/[*?]/.test(text)) return parseKeyGlob(text);
  const key = parseKeyName(text);
  if (isReservedKey(key)) throw new PolicyError('bad_value', `${key} is reserved: no envoy can ever watch it`);
  return parseKeyGlob(key);
}
