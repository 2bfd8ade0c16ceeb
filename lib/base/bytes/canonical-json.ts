import { BaseError } from '../errors.js';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** Deeper than anything of ours; without a limit, hostile text would exhaust the stack. */
const MAX_DEPTH = 100;

/**
 * JSON in the one form that is hashed: RFC 8785 (JCS). Members sorted by UTF-16 code units (section 3.2.3), numbers
 * and strings as ECMAScript prints them (3.2.2), no white space.
 * @throws BaseError `bad_encoding` for what JSON can't hold (a number that isn't finite, a lone surrogate,
 *   `undefined`) and for more than 100 levels.
 */
export function canonicalJson(value: Json): string {
  return write(value, 0);
}

/**
 * Parses JSON that must already be in canonical form, so that what is accepted encodes back to the same text
 * (no duplicate members, no second spelling of a number).
 * @throws BaseError `bad_encoding`
 */
export function parseCanonicalJson(text: string): Json {
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch (cause) {
    throw new BaseError('bad_encoding', 'this is not JSON', { cause });
  }
  if (canonicalJson(value) !== text) throw new BaseError('bad_encoding', 'this JSON is not in canonical form');
  return value;
}

function write(value: Json, depth: number): string {
  if (depth > MAX_DEPTH) throw new BaseError('bad_encoding', `this JSON has more than ${MAX_DEPTH} levels`);
  switch (typeof value) {
    case 'string':
      if (!value.isWellFormed()) throw new BaseError('bad_encoding', 'a string holds a lone surrogate');
      return JSON.stringify(value);
    case 'number':
      if (!Number.isFinite(value)) throw new BaseError('bad_encoding', `JSON can't hold ${value}`);
      return JSON.stringify(value);
    case 'boolean':
      return String(value);
    case 'object':
      if (value === null) return 'null';
      if (isArray(value)) return `[${Array.from(value, (item) => write(item, depth + 1)).join(',')}]`;
      return `{${Object.keys(value)
        .sort()
        .map((name) => `${write(name, depth)}:${write(value[name] as Json, depth + 1)}`)
        .join(',')}}`;
    default:
      throw new BaseError('bad_encoding', `JSON can't hold ${typeof value}`);
  }
}

function isArray(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
