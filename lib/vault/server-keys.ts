import { join } from 'node:path';
import { type Clock, isKeyName, Secret } from '../base/index.js';
import { createFileExclusive, ensureDir, FilesError, readFileLimited } from '../files/index.js';
import { VaultError } from './errors.js';
import { missingKey } from './init.js';
import { keysBelow } from './key-tree.js';
import { type VaultLayout, type VaultPlace, vaultLayout } from './layout.js';
import type { VaultLock } from './lock.js';
import { loadMasterKeys, type MasterKeys } from './master-key.js';
import { openFile, sealFile } from './seal.js';
import { decodeVaultFile, MAX_FILE_BYTES } from './vault-file.js';

export interface ServerKeysOptions extends VaultPlace {
  lock: VaultLock;
  clock: Clock;
  /** Who makes the keys, as it is written into their files. */
  actor: string;
}

export function openServerKeys(options: ServerKeysOptions): ServerKeys {
  return new ServerKeys(options);
}

/**
 * The server's own keys, as `keys/<name>` beside the secrets, encrypted under the same master key and in the same file
 * format, but of a kind that the vault refuses: no ref, `list` or `reveal` reaches them (D5b).
 */
export class ServerKeys {
  readonly #options: ServerKeysOptions;
  readonly #layout: VaultLayout;

  constructor(options: ServerKeysOptions) {
    this.#options = options;
    this.#layout = vaultLayout(options);
  }

  /**
   * Stores a key under a name of one segment. The caller wipes `value`.
   * @throws VaultError `exists`, and what was there stays; `not_initialized`, `key_missing`
   */
  async create(name: string, value: Uint8Array): Promise<void> {
    const { lock, clock, actor } = this.#options;
    const path = this.#pathOf(name);
    await lock.exclusively(() =>
      this.#withMasterKeys(async (keys) => {
        const header = { version: 1, kind: 'server-key', createdMs: clock.nowMs(), meta: { by: actor } } as const;
        await ensureDir(this.#layout.keysDir, 0o700);
        try {
          await createFileExclusive(path, sealFile(name, header, value, keys.current), { mode: 0o600 });
        } catch (cause) {
          if (!(cause instanceof FilesError) || cause.code !== 'exists') throw cause;
          throw new VaultError('exists', `the server has a key ${name} already`, { cause });
        }
      }),
    );
  }

  /**
   * Opens a key. The caller disposes of it.
   * @throws VaultError `not_found`, `damaged`, `forged`, `unknown_key`, `misplaced`, `not_initialized`, `key_missing`
   */
  async open(name: string): Promise<Secret<Uint8Array>> {
    return this.#withMasterKeys(async (keys) => {
      const file = decodeVaultFile(name, await this.#read(name));
      if (file.header.kind !== 'server-key')
        throw new VaultError('forged', `the file of ${name} holds no key of the server`);
      return new Secret(openFile(name, file, keys));
    });
  }

  /** The names of all keys, sorted. */
  async list(): Promise<string[]> {
    return (await keysBelow(this.#layout.keysDir)).sort();
  }

  async #read(name: string): Promise<Uint8Array> {
    try {
      return await readFileLimited(this.#pathOf(name), MAX_FILE_BYTES);
    } catch (cause) {
      if (!(cause instanceof FilesError)) throw cause;
      if (cause.code === 'not_found') throw new VaultError('not_found', `the server has no key ${name}`, { cause });
      if (cause.code === 'not_regular') throw new VaultError('misplaced', cause.message, { cause });
      throw cause;
    }
  }

  #pathOf(name: string): string {
    if (!isKeyName(name) || name.includes('/')) throw new VaultError('not_found', `the server has no key ${name}`);
    return join(this.#layout.keysDir, name);
  }

  async #withMasterKeys<T>(work: (keys: MasterKeys) => Promise<T>): Promise<T> {
    const keys = await loadMasterKeys(this.#layout.keyFile);
    if (keys === undefined) throw await missingKey(this.#layout);
    try {
      return await work(keys);
    } finally {
      keys.dispose();
    }
  }
}
