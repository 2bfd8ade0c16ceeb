import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { type KeyName, toHex, VigoError } from '../../base/index.js';
import { type KeyFiles, walkVault } from '../format/key-files.js';
import { type VaultLayout, type VaultPlace, vaultLayout } from '../format/layout.js';
import { loadMasterKeys, type MasterKeys } from '../format/master-key.js';
import { keptVersions } from '../format/versions.js';
import { missingKey } from '../gate/missing-key.js';
import { MOVE_FILE, type Move, readMoveFile } from '../secrets/move.js';
import { type ExaminedName, examineSecret, examineServerKey, type FileProblem } from './examine-name.js';
import { snapshotFolder } from './snapshot.js';

/** So many names are looked at side by side, because most of the time goes into waiting for the disk. */
const TURN_NAMES = 64;
/** What seems wrong while others write is looked at again before it is believed. */
const MAX_TRIES = 5;
const PAUSE_MS = 20;

export interface ExaminationOptions {
  /** The names of the server's keys that must be there. */
  readonly serverKeys?: readonly KeyName[];
  /** The last version of each secret that the server has seen. */
  readonly seenVersions?: ReadonlyMap<KeyName, number>;
  /** Called after each turn: how many names were looked at, and of how many. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

export interface Examination {
  /** How many secrets there are, the deleted ones not among them. */
  readonly secrets: number;
  /** How many earlier versions and tombstones are kept. */
  readonly kept: number;
  readonly serverKeys: number;
  /** The master keys, the current one first, and how many files each one opens. */
  readonly masterKeys: readonly { readonly id: string; readonly files: number }[];
  readonly problems: readonly FileProblem[];
  /** Files of the vault's folders that are in no name's place. */
  readonly strays: readonly string[];
  /** One that is under way or was stopped; the next verb ends it. */
  readonly move: Pick<Move, 'from' | 'to'> | undefined;
  /** Secrets that should be replaced by a time: milliseconds since 1970. */
  readonly expiring: readonly { readonly name: KeyName; readonly expiresMs: number }[];
}

/**
 * Opens every file of the vault and wipes what comes out: current and kept versions, tombstones, the server's keys. It
 * takes no lock, needs no unlock and changes nothing.
 * @throws VaultError `not_initialized`, `key_missing`, `bad_master_key`, `exposed_master_key`; FilesError where a folder
 * can't be read
 */
export async function examineVault(place: VaultPlace, options: ExaminationOptions = {}): Promise<Examination> {
  const layout = vaultLayout(place);
  const keyring = await Keyring.load(layout);
  try {
    return await new Examiner(layout, keyring, options).run();
  } finally {
    keyring.dispose();
  }
}

/** A name as it was found, with the numbers of its versions that are kept. */
type Name = KeyFiles & { readonly versions: number[] };

class Examiner {
  readonly #layout: VaultLayout;
  readonly #keyring: Keyring;
  readonly #seen: ReadonlyMap<KeyName, number>;
  readonly #options: ExaminationOptions;

  constructor(layout: VaultLayout, keyring: Keyring, options: ExaminationOptions) {
    this.#layout = layout;
    this.#keyring = keyring;
    this.#seen = options.seenVersions ?? new Map();
    this.#options = options;
  }

  async run(): Promise<Examination> {
    const { names, strays } = await this.#walk();
    const found: (Name & ExaminedName)[] = [];
    while (found.length < names.length) {
      const turn = names.slice(found.length, found.length + TURN_NAMES);
      found.push(...(await Promise.all(turn.map(async (name) => ({ ...name, ...(await this.#examine(name)) })))));
      this.#options.onProgress?.(found.length, names.length);
    }
    const { move, problems } = await this.#readMove();
    const secrets = found.filter(({ kind }) => kind === 'secret');
    const headers = found.flatMap(({ current, kept }) => (current === undefined ? kept : [current, ...kept]));
    const idsOfFiles = headers.map(({ keyId }) => toHex(keyId));
    return {
      secrets: secrets.filter(({ current }) => current !== undefined).length,
      kept: secrets.reduce((sum, { kept }) => sum + kept.length, 0),
      serverKeys: found.filter(({ kind, current }) => kind === 'server-key' && current !== undefined).length,
      masterKeys: this.#keyring.ids.map((id) => ({ id, files: idsOfFiles.filter((other) => other === id).length })),
      problems: [...problems, ...found.flatMap((one) => one.problems)],
      strays,
      move,
      expiring: secrets.flatMap(({ name, current }) => {
        const expiresMs = current?.meta.expires;
        return expiresMs === undefined ? [] : [{ name, expiresMs }];
      }),
    };
  }

  async #walk(): Promise<{ names: Name[]; strays: string[] }> {
    const names = new Map<string, Name>();
    const strays: string[] = [];
    const add = ({ kind, name }: KeyFiles, version?: number) => {
      const known = names.get(`${kind} ${name}`) ?? { kind, name, versions: [] };
      if (version !== undefined) known.versions.push(version);
      names.set(`${kind} ${name}`, known);
    };
    const own = [this.#layout.keyFile, join(this.#layout.secretsDir, MOVE_FILE)];
    const snapshot = `${snapshotFolder(this.#layout)}/`;
    for await (const { path, files, version } of walkVault(this.#layout)) {
      // Second names, of a backup that is at work or was killed: as a whole that is another question.
      if (path.startsWith(snapshot)) continue;
      if (files !== undefined) add(files, version);
      else if (!own.includes(path)) strays.push(path);
    }
    for (const name of this.#options.serverKeys ?? []) add({ kind: 'server-key', name });
    // A secret that the server has seen may have lost its last file.
    for (const name of this.#seen.keys()) add({ kind: 'secret', name });
    for (const { versions } of names.values()) versions.sort((a, b) => a - b);
    return { names: [...names.values()].sort(byName), strays };
  }

  async #examine({ kind, name, versions }: Name): Promise<ExaminedName> {
    const { secretsDir } = this.#layout;
    for (let tries = 1; ; tries++) {
      const keys = this.#keyring.keys;
      const seen = this.#seen.get(name) ?? 0;
      const found =
        kind === 'server-key'
          ? await examineServerKey(this.#layout, name, keys)
          : await examineSecret(secretsDir, name, keys, {
              versions: tries === 1 ? versions : await keptVersions(secretsDir, name),
              seen,
            });
      const { problems } = found;
      if (problems.length === 0 || tries === MAX_TRIES) return found;
      if (problems.some(({ code }) => code === 'unknown_key')) await this.#keyring.reload(keys);
      await setTimeout(PAUSE_MS);
    }
  }

  async #readMove(): Promise<{ move: Examination['move']; problems: FileProblem[] }> {
    const { secretsDir } = this.#layout;
    const path = join(secretsDir, MOVE_FILE);
    for (let tries = 1; ; tries++) {
      const keys = this.#keyring.keys;
      try {
        const move = await readMoveFile(secretsDir, keys);
        if (move === undefined || tries === MAX_TRIES) return { move, problems: [] };
      } catch (error) {
        if (!(error instanceof VigoError)) throw error;
        const { code, message, hint } = error;
        if (tries === MAX_TRIES) return { move: undefined, problems: [{ path, code, message, hint }] };
        if (code === 'unknown_key') await this.#keyring.reload(keys);
      }
      await setTimeout(PAUSE_MS);
    }
  }
}

/** The master keys as they are now, while somebody may be replacing them. */
class Keyring {
  readonly #layout: VaultLayout;
  readonly #loaded: MasterKeys[];

  private constructor(layout: VaultLayout, keys: MasterKeys) {
    this.#layout = layout;
    this.#loaded = [keys];
  }

  static async load(layout: VaultLayout): Promise<Keyring> {
    return new Keyring(layout, await demandMasterKeys(layout));
  }

  get keys(): MasterKeys {
    return this.#loaded.at(-1) as MasterKeys;
  }

  get ids(): readonly string[] {
    return this.keys.ids.map(toHex);
  }

  /** Reads the file again, unless somebody did since these keys were taken. Others may still be using the earlier ones. */
  async reload(keys: MasterKeys): Promise<void> {
    if (keys !== this.keys) return;
    const next = await demandMasterKeys(this.#layout);
    if (keys === this.keys) this.#loaded.push(next);
    else next.dispose();
  }

  dispose(): void {
    for (const keys of this.#loaded) keys.dispose();
  }
}

async function demandMasterKeys(layout: VaultLayout): Promise<MasterKeys> {
  const keys = await loadMasterKeys(layout.keyFile);
  if (keys === undefined) throw await missingKey(layout);
  return keys;
}

function byName(a: Name, b: Name): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
