import { BaseError } from './errors.js';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/**
 * JSON in the one form that is hashed: RFC 8785 (JCS). Members sorted by UTF-16 code units (section 3.2.3), numbers
 * and strings as ECMAScript prints them (3.2.2), no white space.
 * @throws BaseError `bad_encoding` for what JSON can't hold: a number that isn't finite, a lone surrogate, `undefined`.
 */
export function canonicalJson(value: Json): string {
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
      if (isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
      return `{${Object.keys(value)
        .sort()
        .map((name) => `${canonicalJson(name)}:${canonicalJson(value[name] as Json)}`)
        .join(',')}}`;
    default:
      throw new BaseError('bad_encoding', `JSON can't hold ${typeof value}`);
  }
}

/**
 * Parses JSON that must already be in canonical form, so that what is accepted encodes back to the same text
 * (no duplicate members, no second spelling of a number).
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

function isArray(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
