import { globsOverlap, type KeyGlob, parseKeyGlob } from '../../base/index.js';
import { type Resource, refsOfResource } from '../../policy/index.js';
import type { ResourceName } from '../held/watched.js';

/** The secrets that are used or watched by resources of this run which didn't succeed. */
export class UnsettledSecrets {
  readonly #names = new Map<KeyGlob, ResourceName>();
  readonly #globs = new Set<KeyGlob>();

  /** Notes what a resource uses and watches. */
  add(resource: Resource, name: ResourceName): void {
    const patterns = [...[...refsOfResource(resource)].map(parseKeyGlob), ...(resource.watch_secret ?? [])];
    for (const pattern of patterns) {
      if (this.#names.has(pattern)) continue;
      this.#names.set(pattern, name);
      if (isGlob(pattern)) this.#globs.add(pattern);
    }
  }

  /** @returns a resource that uses or watches one of the secrets that this one watches */
  concerning({ watch_secret = [] }: Resource): ResourceName | undefined {
    for (const pattern of watch_secret) {
      const found = this.#names.get(pattern);
      if (found !== undefined) return found;
      const others = isGlob(pattern) ? this.#names.keys() : this.#globs;
      for (const other of others) if (globsOverlap(pattern, other)) return this.#names.get(other);
    }
    return undefined;
  }
}

function isGlob(pattern: KeyGlob): boolean {
  return /[*?]/.test(pattern);
}
