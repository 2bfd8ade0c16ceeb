import { toHex, utf8 } from '../../base/index.js';
import { loadSha256 } from '../../crypto/index.js';

/** An entry of the audit log has 64 KiB at most, and whoever asks for something decides how long its names are. */
const MAX_LISTED_BYTES = 32 * 1024;

/** The names in an entry's detail: all of them, or the first ones with what names them all. */
export interface AuditList {
  readonly [name: string]: number | string | readonly string[];
  readonly names: readonly string[];
  readonly count: number;
}

/** Lists names, which hold no line breaks; beyond `maxBytes` with the SHA-256 of all of them, one per line. */
export async function auditList(all: readonly string[], maxBytes = MAX_LISTED_BYTES): Promise<AuditList> {
  const names: string[] = [];
  let bytes = 0;
  for (const name of all) {
    bytes += utf8(name).length;
    if (bytes > maxBytes) break;
    names.push(name);
  }
  if (names.length === all.length) return { names, count: all.length };
  const digest = (await loadSha256()).digest(utf8(all.map((name) => `${name}\n`).join('')));
  return { names, count: all.length, sha256: toHex(digest) };
}
