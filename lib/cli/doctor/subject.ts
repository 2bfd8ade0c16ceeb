import { lstat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Clock, HomePaths, KeyName } from '../../base/index.js';
import { errnoOf } from '../../files/index.js';
import type { Places, WrittenSettings } from '../../settings/index.js';
import type { Store } from '../../store/index.js';
import type { Examination, VaultLayout } from '../../vault/index.js';
import { KEY_MADE_AT_START, SERVER_KEYS } from '../host/server-keys.js';

/** What is examined: one server's home. What several checks need is read once, by the first that asks. */
export class Subject {
  readonly home: HomePaths;
  readonly layout: VaultLayout;
  /** `server.yaml`; undefined where there is none. */
  readonly settings: WrittenSettings | undefined;
  /** Database and certificates where they lie; throws SettingsError for one whose path is a secret. */
  readonly places: Places;
  readonly clock: Clock;
  readonly #onProgress: ((done: number, total: number) => void) | undefined;
  #store: Promise<Store> | undefined;
  #examination: Promise<Examination> | undefined;

  constructor(options: {
    home: HomePaths;
    layout: VaultLayout;
    settings?: WrittenSettings | undefined;
    places: Places;
    clock: Clock;
    onProgress?: ((done: number, total: number) => void) | undefined;
  }) {
    this.home = options.home;
    this.layout = options.layout;
    this.settings = options.settings;
    this.places = options.places;
    this.clock = options.clock;
    this.#onProgress = options.onProgress;
  }

  /** Whether there is anything of a vault; a part that is missing is for the checks to find. */
  async hasVault(): Promise<boolean> {
    const { secretsDir, keyFile, keysDir, verifierFile } = this.layout;
    const parts = [secretsDir, keyFile, keysDir, verifierFile, dirname(this.home.database)];
    return (await Promise.all(parts.map(mayBeThere))).includes(true);
  }

  /** The database, to be read. @throws StoreError */
  store(): Promise<Store> {
    this.#store ??= this.#openStore();
    return this.#store;
  }

  /** Every file of the vault, opened. @throws VaultError, FilesError */
  examination(): Promise<Examination> {
    this.#examination ??= this.#examine();
    return this.#examination;
  }

  /** The last version of each secret that the server has seen; none where the database can't be read. */
  async seenVersions(): Promise<ReadonlyMap<KeyName, number>> {
    try {
      return await (await this.store()).secretVersions();
    } catch {
      return new Map(); // the check of the database says why
    }
  }

  /** Whether a key of the server is missing that its next start makes. */
  async isKeyToBeMade(): Promise<boolean> {
    return !(await mayBeThere(join(this.layout.keysDir, KEY_MADE_AT_START)));
  }

  async close(): Promise<void> {
    await (await this.#store?.catch(() => undefined))?.close();
  }

  async #openStore(): Promise<Store> {
    const [{ openStore }, { loadAuditChain }] = await Promise.all([
      import('../../store/index.js'),
      import('../../audit/index.js'),
    ]);
    const chain = await loadAuditChain();
    return openStore({ path: this.places.databasePath, chain, clock: this.clock, readOnly: true });
  }

  async #examine(): Promise<Examination> {
    const { examineVault } = await import('../../vault/index.js');
    const toBeMade = (await this.isKeyToBeMade()) ? KEY_MADE_AT_START : undefined;
    return examineVault(this.layout, {
      serverKeys: SERVER_KEYS.filter((name) => name !== toBeMade),
      seenVersions: await this.seenVersions(),
      onProgress: this.#onProgress,
    });
  }
}

/** What this user isn't even allowed to look for may be there. */
async function mayBeThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    (error) => errnoOf(error) !== 'ENOENT',
  );
}
