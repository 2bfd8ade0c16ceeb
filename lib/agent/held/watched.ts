import {
  canonicalJson,
  fromHex,
  fromUtf8,
  type Json,
  parseCanonicalJson,
  toHex,
  utf8,
  VigoError,
} from '../../base/index.js';
import { FilesError, readFileLimited, writeFileAtomic } from '../../files/index.js';
import { WATCH_MARK_BYTES } from '../../wire/index.js';
import { AgentError } from '../errors.js';

const MAX_FILE_BYTES = 4 * 1024 * 1024;

/** Which resource, among all of this machine. */
export interface ResourceName {
  readonly configcrate: string;
  readonly resource: string;
}

/**
 * For each resource that watches secrets, the mark under which it was applied last. It is on the disk, so that a restart
 * applies nothing again. It is forgotten before the resource is applied and noted after it, so that a crash in between
 * applies it again, whatever mark the next policy has.
 */
export class Watched {
  readonly #path: string;
  readonly #marks: Map<string, string>;
  /** What the file on the disk is known not to have. */
  readonly #forgotten = new Set<string>();

  private constructor(path: string, marks: Map<string, string>) {
    this.#path = path;
    this.#marks = marks;
  }

  /** Begins with nothing. What was applied before is applied once more. */
  static empty(path: string): Watched {
    return new Watched(path, new Map());
  }

  /** @throws AgentError `bad_state` where the file isn't what this agent wrote, FilesError */
  static async read(path: string): Promise<Watched> {
    try {
      const json = parseCanonicalJson(fromUtf8(await readFileLimited(path, MAX_FILE_BYTES, { private: true })));
      return new Watched(path, new Map(readEntries(json)));
    } catch (cause) {
      if (cause instanceof FilesError && cause.code === 'not_found') return Watched.empty(path);
      if (cause instanceof FilesError || !(cause instanceof VigoError)) throw cause;
      throw new AgentError('bad_state', `${path} is not what this agent wrote: ${cause.message}`, { cause });
    }
  }

  /** Whether the resource was never applied under this mark. */
  isNew(name: ResourceName, mark: Uint8Array): boolean {
    return this.#marks.get(keyOf(name)) !== toHex(mark);
  }

  /**
   * Forgets under which marks these resources were applied: they are due until `remember`. They must not be applied where
   * this fails, because what can't be written now can't be remembered afterwards.
   * @throws FilesError
   */
  async forget(names: readonly ResourceName[]): Promise<void> {
    const keys = names.map(keyOf).filter((key) => !this.#forgotten.has(key));
    if (keys.length === 0) return;
    for (const key of keys) this.#marks.delete(key);
    await this.#write(this.#marks);
    for (const key of keys) this.#forgotten.add(key);
  }

  /** @throws FilesError; then the resource counts as not applied */
  async remember(name: ResourceName, mark: Uint8Array): Promise<void> {
    const key = keyOf(name);
    this.#forgotten.delete(key);
    const marks = new Map(this.#marks).set(key, toHex(mark));
    await this.#write(marks);
    this.#marks.set(key, toHex(mark));
  }

  /** Forgets the resources that aren't declared any more. */
  keepOnly(names: readonly ResourceName[]): void {
    const kept = new Set(names.map(keyOf));
    for (const key of this.#marks.keys()) if (!kept.has(key)) this.#marks.delete(key);
  }

  async #write(marks: ReadonlyMap<string, string>): Promise<void> {
    const entries = [...marks].sort(([a], [b]) => (a < b ? -1 : 1));
    const watched = entries.map(([key, mark]) => [...(JSON.parse(key) as [string, string]), mark]);
    await writeFileAtomic(this.#path, utf8(canonicalJson({ v: 1, watched })), { mode: 0o600 });
  }
}

function readEntries(json: Json): [key: string, mark: string][] {
  const { v, watched } = (json ?? {}) as { readonly v?: Json; readonly watched?: Json };
  if (v !== 1 || !Array.isArray(watched)) throw new AgentError('bad_state', 'its version is unknown');
  return watched.map((entry: Json) => {
    const [configcrate, resource, mark] = Array.isArray(entry) ? (entry as readonly Json[]) : [];
    if (typeof configcrate !== 'string' || typeof resource !== 'string' || typeof mark !== 'string') {
      throw new AgentError('bad_state', 'an entry is no entry');
    }
    if (fromHex(mark).length !== WATCH_MARK_BYTES) throw new AgentError('bad_state', 'a mark has another length');
    return [keyOf({ configcrate, resource }), mark];
  });
}

function keyOf({ configcrate, resource }: ResourceName): string {
  return JSON.stringify([configcrate, resource]);
}
