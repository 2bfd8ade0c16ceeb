import {
  canonicalJson,
  concatBytes,
  encodeCanonical,
  isReservedKey,
  type KeyGlob,
  type KeyName,
  matchesGlob,
} from '../../base/index.js';
import type { HmacSha256 } from '../../crypto/index.js';
import { WATCH_MARK_BYTES } from '../../wire/index.js';
import { keyOfPattern } from '../types/watch-secret.js';

/** The version of every secret that there is. */
export type SecretVersions = ReadonlyMap<KeyName, number>;

interface KnownMark {
  readonly patterns: readonly KeyGlob[];
  readonly mark: Uint8Array;
}

/**
 * What envoys are told about the secrets that they watch: a digest over the names and versions that fit, under a key of
 * the server, so that nobody can find out by guessing which secrets there are and how often they change. It is a function
 * of names and versions alone: after a restart, a `rekey` or a touched file it is the same.
 */
export class WatchMarks {
  readonly #hmac: HmacSha256;
  readonly #key: Uint8Array;
  #versions: SecretVersions = new Map();
  readonly #known = new Map<string, KnownMark>();

  /** @param key 32 bytes, the same for the life of the fleet; whoever hands it in wipes it */
  constructor(hmac: HmacSha256, key: Uint8Array) {
    this.#hmac = hmac;
    this.#key = key;
  }

  /**
   * Takes what the server now knows of the secrets.
   * @param changed every key in which `versions` differs from the last one
   */
  update(versions: SecretVersions, changed: readonly KeyName[]): void {
    this.#versions = versions;
    for (const [list, { patterns }] of this.#known) {
      if (changed.some((key) => fits(patterns, key))) this.#known.delete(list);
    }
  }

  /** The marks of a body's watching resources, one behind the other, 16 bytes each. */
  of(watches: readonly (readonly KeyGlob[])[]): Uint8Array {
    return concatBytes(...watches.map((patterns) => this.#mark(patterns)));
  }

  #mark(patterns: readonly KeyGlob[]): Uint8Array {
    const list = patterns.join(' ');
    const known = this.#known.get(list);
    if (known !== undefined) return known.mark;
    const seen = this.#matches(patterns).map((key) => [key, this.#versions.get(key) ?? 0]);
    const data = encodeCanonical('vigo/watch-mark/v1', canonicalJson(seen));
    const mark = this.#hmac.mac(this.#key, data).subarray(0, WATCH_MARK_BYTES);
    this.#known.set(list, { patterns, mark });
    return mark;
  }

  /** Sorted. Most watches name keys: only a glob looks through all of them. */
  #matches(patterns: readonly KeyGlob[]): readonly KeyName[] {
    const named = patterns.flatMap((pattern) => keyOfPattern(pattern) ?? []);
    const keys = named.length < patterns.length ? [...this.#versions.keys()] : [...new Set(named)];
    return keys.filter((key) => this.#versions.has(key) && fits(patterns, key)).sort();
  }
}

/** Sign-in and the server's own keys are nobody's to watch, whatever a glob says (D5b). */
function fits(patterns: readonly KeyGlob[], key: KeyName): boolean {
  return !isReservedKey(key) && patterns.some((pattern) => matchesGlob(pattern, key));
}
