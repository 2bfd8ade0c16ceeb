import { setImmediate } from 'node:timers/promises';
import type { KeyName } from '../base/index.js';
import { VaultError } from './errors.js';
import { readHeader } from './header.js';
import { hasFile, keyPath, keysBelow } from './key-tree.js';
import { type VaultLayout, type VaultPlace, vaultLayout } from './layout.js';
import { loadMasterKeys, type MasterKeys } from './master-key.js';
import { missingKey } from './missing-key.js';
import { readSecret } from './secret-files.js';
import type { OpenedSecret } from './stored-file.js';

const SCAN_SLICE = 256;
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

  /** Whether there is a file with a readable header; it isn't decrypted. @throws VaultError `misplaced` */
  async has(key: KeyName): Promise<boolean> {
    const { secretsDir } = this.#layout;
    return (await hasFile(secretsDir, key)) && readHeader(keyPath(secretsDir, key)) !== undefined;
  }

  /**
   * The version of every secret, from the headers, which aren't authenticated: to find what changed. Files without a
   * readable header are left out.
   */
  async scan(): Promise<Map<KeyName, number>> {
    const { secretsDir } = this.#layout;
    const versions = new Map<KeyName, number>();
    for (const [i, key] of (await keysBelow(secretsDir)).entries()) {
      if (i % SCAN_SLICE === SCAN_SLICE - 1) await setImmediate(); // the server answers others in between
      const header = readHeader(keyPath(secretsDir, key));
      if (header !== undefined) versions.set(key, header.version);
    }
    return versions;
  }

  /** Wipes the master keys; the reader can't be used any more. */
  dispose(): void {
    this.#keys.dispose();
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
