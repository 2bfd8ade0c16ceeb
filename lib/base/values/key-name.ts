import { BaseError } from '../errors.js';

/** What stands around a key where the config in memory refers to a secret: `__VIGO_SECRET__<key>__END_VIGO_SECRET__`. */
export const MARKER_START = '__VIGO_SECRET__';
export const MARKER_END = '__END_VIGO_SECRET__';

const MAX_KEY_BYTES = 1024;
const MAX_SEGMENT_BYTES = 200;

/** Secrets that no envoy can ever resolve, whatever a config says: sign-in and the server's own keys. */
const RESERVED_PREFIXES = ['vigo/web/auth/', 'vigo/server/'];

declare const keyNameBrand: unique symbol;

/** The name of a secret that passed `parseKeyName`. */
export type KeyName = string & { readonly [keyNameBrand]: true };

/**
 * The grammar of a secret's name: segments of `A-Z a-z 0-9 . _ -` joined by `/`; none empty, none beginning with a
 * dot or ending in one; at most 200 bytes each and 1,024 together; no placeholder marker inside, not even one that
 * overlaps those around it.
 * @throws BaseError `bad_key_name`, saying which rule failed.
 */
export function parseKeyName(text: string): KeyName {
  const problem = keyNameProblem(text);
  if (problem !== undefined) {
    throw new BaseError('bad_key_name', `${JSON.stringify(text.slice(0, 260))} is not a key name: ${problem}`, {
      hint: 'a key looks like vigo/db/dsn: letters, digits, dots, underscores and dashes between slashes',
    });
  }
  return text as KeyName;
}

export function isKeyName(text: string): text is KeyName {
  return keyNameProblem(text) === undefined;
}

/** True for keys that config may not refer to and that the server refuses to resolve (D5b). */
export function isReservedKey(key: KeyName): boolean {
  return RESERVED_PREFIXES.some((prefix) => key.startsWith(prefix));
}

function keyNameProblem(text: string): string | undefined {
  if (text.length === 0) return 'it is empty';
  if (text.length > MAX_KEY_BYTES) return `it has more than ${MAX_KEY_BYTES} bytes`;
  if (!standsBetweenMarkers(text)) return 'it holds a placeholder marker, or would complete one';
  for (const segment of text.split('/')) {
    if (segment.length === 0) return 'a segment is empty';
    if (segment.length > MAX_SEGMENT_BYTES) return `a segment has more than ${MAX_SEGMENT_BYTES} bytes`;
    const stranger = /[^A-Za-z0-9._-]/u.exec(segment);
    if (stranger) return `it holds ${JSON.stringify(stranger[0])}`;
    if (segment.startsWith('.')) return `the segment ${segment} begins with a dot`;
    if (segment.endsWith('.')) return `the segment ${segment} ends in a dot`;
  }
  return undefined;
}

/** Whether a placeholder of this key can be read as that of no other: `a__END_VIGO_SECRET` would end after the `a`. */
function standsBetweenMarkers(text: string): boolean {
  const placeholder = MARKER_START + text + MARKER_END;
  return (
    placeholder.lastIndexOf(MARKER_START) === 0 && placeholder.indexOf(MARKER_END) === MARKER_START.length + text.length
  );
}
