import { canonicalJson, fromUtf8, type Json, parseCanonicalJson, utf8, VigoError } from '../base/index.js';
import { badEntry } from './path.js';

/** What an archive says about itself; authentic like everything in it. */
export interface About {
  /** When it was made: milliseconds since 1970. */
  readonly at: number;
  /** Who made it, and on which host. */
  readonly by: string;
  readonly host: string;
  /** The version of the program. */
  readonly vigo: string;
}

/** More than a user, a host and a version ever have. */
export const MAX_ABOUT_BYTES = 4096;

/** RFC 8785 JSON. */
export function encodeAbout({ at, by, host, vigo }: About): Uint8Array {
  return utf8(canonicalJson({ at, by, host, vigo }));
}

/** Members that this version doesn't know are left to a later one. @throws ArchiveError `bad_entry` */
export function decodeAbout(bytes: Uint8Array): About {
  const { at, by, host, vigo } = parseObject(bytes);
  const isTime = typeof at === 'number' && Number.isSafeInteger(at) && at >= 0;
  if (!isTime || typeof by !== 'string' || typeof host !== 'string' || typeof vigo !== 'string') throw malformed();
  return { at, by, host, vigo };
}

function parseObject(bytes: Uint8Array): { readonly [name: string]: Json } {
  try {
    const json = parseCanonicalJson(fromUtf8(bytes));
    if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as { [name: string]: Json };
  } catch (cause) {
    if (!(cause instanceof VigoError)) throw cause;
  }
  throw malformed();
}

function malformed() {
  return badEntry('', "it doesn't say who made it, and when");
}
