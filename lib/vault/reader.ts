import { stat } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { isKeyName, type KeyName } from '../base/index.js';
import { watchTree } from '../files/index.js';
import { VaultError } from './errors.js';
import { examineHeader } from './format/header.js';
import { keyPath, keysBelow } from './format/key-tree.js';
import { type VaultLayout, type VaultPlace, vaultLayout } from './format/layout.js';
import { loadMasterKeys, type MasterKeys } from './format/master-key.js';
import type { OpenedSecret } from './format/stored-file.js';
import { missingKey } from './gate/missing-key.js';
import { readSecret } from './secrets/secret-files.js';

const SLICE = 256;
/** A writer may replace the file between two looks at it; that often in a row is no coincidence. */
const MAX_TRIES = 5;

/**
 * The server's way to the secrets: without gate, because the server starts by itself, and without lock, because files
 * are replaced whole.
 * @throws VaultError `not_initialized`, `key_missing`, `bad_master_key`, `exposed_master_key`
 */
export async function openSecretReader(place: VaultPlace): Promise<SecretReader> {
  const layout = vaultLayout(place);
  return new SecretReader(layout, await demandMasterKeys(layout));
}

/** What notices changes, until it is stopped. */
export interface SecretsWatcher {
  /** Resolves when a change from then on is noticed. */
  readonly ready: Promise<void>;
  stop(): void;
}

export class SecretReader {
  readonly #layout: VaultLayout;
  #keys: MasterKeys;

  constructor(layout: VaultLayout, keys: MasterKeys) {
    this.#layout = layout;
    this.#keys = keys;
  }

  /**
   * Opens the current version. The caller disposes of the value.
   * @throws VaultError `not_found`, `damaged`, `forged`, `unknown_key`, `misplaced`, `version_mismatch`
   */
  async open(key: KeyName): Promise<OpenedSecret> {
    for (let tries = 1; ; tries++) {
      try {
        return await readSecret(this.#layout.secretsDir, key, this.#keys);
      } catch (error) {
        if (!(error instanceof VaultError) || tries === MAX_TRIES) throw error;
        if (error.code === 'unknown_key') await this.#reloadKeys();
        else if (error.code !== 'version_mismatch') throw error;
      }
    }
  }

  /**
   * The versions of those of these secrets that there are, or of all: to find what changed. They come from the headers,
   * which aren't authenticated. Undefined for a file that tells none: it isn't the vault's, or isn't written to its end.
   * @throws VaultError `not_initialized` where the whole folder is away, FilesError for what can't be read now
   */
  async versions(keys?: Iterable<KeyName>): Promise<Map<KeyName, number | undefined>> {
    const { secretsDir } = this.#layout;
    await this.#demandFolder();
    const versions = new Map<KeyName, number | undefined>();
    for (const [i, key] of [...(keys ?? (await keysBelow(secretsDir)))].entries()) {
      if (i % SLICE === SLICE - 1) await setImmediate(); // the server answers others in between
      const header = examineHeader(keyPath(secretsDir, key));
      if (header === 'gone') continue;
      const isSecret = header !== 'unreadable' && (header.kind === 'raw' || header.kind === 'password');
      versions.set(key, isSecret ? header.version : undefined);
    }
    return versions;
  }

  /**
   * Calls `onChange` when secrets may have changed: with their names, or with undefined where it may be any. One call at
   * a time, and one for many changes; where it fails, another one, for any, a second later.
   */
  watch(onChange: (keys: ReadonlySet<KeyName> | undefined) => Promise<void>): SecretsWatcher {
    const isHidden = (name: string) => name.startsWith('.'); // no key, but the earlier versions of all of them
    const watcher = watchTree(
      this.#layout.secretsDir,
      async (paths) => {
        const keys = paths && new Set([...paths].filter(isKeyName));
        if (keys?.size !== 0) await onChange(keys);
      },
      { isHidden },
    );
    return { ready: watcher.ready, stop: () => watcher.close() };
  }

  /** Wipes the master keys; the reader can't be used any more. */
  dispose(): void {
    this.#keys.dispose();
  }

  /** Against a disk that isn't mounted: then no secret was deleted. */
  async #demandFolder(): Promise<void> {
    const { secretsDir } = this.#layout;
    const found = await stat(secretsDir).catch(() => undefined);
    if (!found?.isDirectory())
      throw new VaultError('not_initialized', `the folder of the secrets ${secretsDir} is away`);
  }

  /** Picks up a master key that was added since. */
  async #reloadKeys(): Promise<void> {
    const earlier = this.#keys;
    this.#keys = await demandMasterKeys(this.#layout);
    earlier.dispose();
  }
}

async function demandMasterKeys(layout: VaultLayout): Promise<MasterKeys> {
  const keys = await loadMasterKeys(layout.keyFile);
  if (keys === undefined) throw await missingKey(layout);
  return keys;
}
