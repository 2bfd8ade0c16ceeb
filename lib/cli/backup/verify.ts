import { join } from 'node:path';
import { MASTER_KEY_PATH, openArchive, type ReadEntry } from '../../archive/index.js';
import { type LogVerdict, verifyLog } from '../../audit/index.js';
import { concatBytes, VigoError } from '../../base/index.js';
import { createFileExclusive, makeTemporaryFolder, type TemporaryFolder } from '../../files/index.js';
import { checkIntegrity, type Store } from '../../store/index.js';
import { type CopiedFile, openVaultCopy, type VaultCopy } from '../../vault/index.js';
import type { Flags } from '../console/flags.js';
import type { CommandContext } from '../host/context.js';
import { interruptibly } from './interruption.js';
import { readUnlocking } from './locking.js';
import { readInput } from './streams.js';

/** What a backup holds, and what is wrong with it. */
export interface BackupReport {
  readonly about: { readonly at: number; readonly by: string; readonly host: string; readonly vigo: string };
  readonly entries: number;
  readonly files: Readonly<Record<CopiedFile, number>>;
  /** undefined where there is no database. */
  readonly trustDomain: string | undefined;
  readonly log: LogVerdict | undefined;
  readonly problems: readonly { readonly path: string; readonly message: string }[];
}

/** A secret's file with header and seal; a larger one is none. */
const MAX_VAULT_FILE_BYTES = 1_100_000;
const DATABASE_PATH = 'db/vigo.db';
const NEEDED = [MASTER_KEY_PATH, 'secrets-verifier.json', 'keys/policy', DATABASE_PATH];

/**
 * Reads a backup from its first byte to its last: opens every file of its vault under its own master key, in memory, and
 * computes its audit log anew, in a temporary copy of its database. Touches nothing else.
 * @throws ArchiveError where it can't be opened, or isn't whole
 */
export async function verifyBackup(
  source: string,
  flags: Flags,
  { openDatabase, quiet }: Pick<CommandContext, 'openDatabase' | 'quiet'>,
): Promise<BackupReport> {
  return interruptibly(async ({ guard, arm }) => {
    const archive = await openArchive(guard(readInput(source, { quiet })), readUnlocking(flags));
    arm();
    const inspection = new Inspection();
    try {
      for await (const entry of archive.entries()) await inspection.see(entry);
      return { about: archive.about, ...(await inspection.conclude(openDatabase)) };
    } finally {
      await inspection.dispose();
    }
  });
}

class Inspection {
  readonly #seen = new Set<string>();
  readonly #problems: { path: string; message: string }[] = [];
  readonly #files: Record<CopiedFile, number> = { secret: 0, version: 0, 'server-key': 0, verifier: 0 };
  #entries = 0;
  #vault: VaultCopy | undefined;
  #folder: TemporaryFolder | undefined;

  async see(entry: ReadEntry): Promise<void> {
    const { path } = entry;
    this.#entries++;
    if (NEEDED.includes(path) || /^published\/[^/]+$/.test(path)) this.#seen.add(path);
    if (entry.kind !== 'file') return;
    if (path === DATABASE_PATH) await this.#copyDatabase(entry);
    else if (/^(secrets\/|keys\/|secrets-verifier\.json$)/.test(path)) await this.#seeVaultFile(entry);
  }

  async conclude(openDatabase: (path: string) => Promise<Store>): Promise<Omit<BackupReport, 'about'>> {
    for (const path of NEEDED) if (!this.#seen.has(path)) this.#problem(path, 'it is missing');
    const database = this.#folder === undefined ? undefined : await this.#readDatabase(this.#folder, openDatabase);
    return {
      entries: this.#entries,
      files: this.#files,
      trustDomain: database?.trustDomain,
      log: database?.log,
      problems: this.#problems,
    };
  }

  async dispose(): Promise<void> {
    this.#vault?.dispose();
    await this.#folder?.remove();
  }

  async #copyDatabase({ size, content }: ReadEntry & { kind: 'file' }): Promise<void> {
    this.#folder = await makeTemporaryFolder(size);
    await createFileExclusive(databaseIn(this.#folder), content, { mode: 0o600 });
  }

  async #seeVaultFile({ path, size, content }: ReadEntry & { kind: 'file' }): Promise<void> {
    try {
      if (size > MAX_VAULT_FILE_BYTES) return this.#problem(path, 'it is too large');
      const bytes = await collect(content);
      if (path === MASTER_KEY_PATH) this.#vault = await openVaultCopy(bytes);
      else if (this.#vault !== undefined) this.#files[this.#vault.check(path, bytes)]++;
      else this.#problem(path, 'there is no master key to open it');
    } catch (error) {
      if (!(error instanceof VigoError) || error.room !== 'vault') throw error;
      this.#problem(path, error.message);
    }
  }

  async #readDatabase(folder: TemporaryFolder, openDatabase: (path: string) => Promise<Store>) {
    const path = databaseIn(folder);
    let store: Store | undefined;
    try {
      for (const problem of await checkIntegrity(path)) this.#problem(DATABASE_PATH, problem);
      store = await openDatabase(path);
      const opened = store;
      const log = await verifyLog((fromSeq, limit) => opened.readAudit(fromSeq, limit));
      if (!log.ok) this.#problem(DATABASE_PATH, log.message);
      const live = `published/${(await store.currentPublication())?.digest}`;
      if (live !== 'published/undefined' && !this.#seen.has(live)) this.#problem(live, 'the live config is missing');
      return { log, trustDomain: await store.trustDomain() };
    } catch (error) {
      if (!(error instanceof VigoError) || error.room !== 'store') throw error;
      this.#problem(DATABASE_PATH, error.message);
      return undefined;
    } finally {
      await store?.close();
    }
  }

  #problem(path: string, message: string): void {
    this.#problems.push({ path, message });
  }
}

function databaseIn({ path }: TemporaryFolder): string {
  return join(path, 'vigo.db');
}

async function collect(content: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of content) pieces.push(piece);
  return concatBytes(...pieces);
}
