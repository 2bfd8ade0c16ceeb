import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { Test } from 'tap';
import { utf8 } from '../../lib/base/index.js';
import {
  openSecretReader,
  openVault,
  type SecretReader,
  type Vault,
  type VaultJournal,
  type VaultJournalEntry,
  type VaultLock,
} from '../../lib/vault/index.js';

export const PASSPHRASE = utf8('correct horse battery staple');
export const HOUR_MS = 3_600_000;

/** The lock that the programs use: an exclusive SQLite transaction, which the kernel ends with its process. */
export function sqliteLock(path: string): VaultLock {
  return {
    async exclusively(work) {
      const database = new Database(path, { timeout: 0 });
      try {
        while (!begin(database)) await new Promise((resolve) => setTimeout(resolve, 2));
        return await work();
      } finally {
        database.close();
      }
    },
  };
}

function begin(database: Database.Database): boolean {
  try {
    database.exec('BEGIN EXCLUSIVE');
    return true;
  } catch (error) {
    if (error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY')) return false;
    throw error;
  }
}

/** Keeps what was recorded; `failOn` makes it refuse entries. */
export class MemoryJournal implements VaultJournal {
  readonly entries: VaultJournalEntry[] = [];
  failOn: (entry: VaultJournalEntry) => boolean = () => false;

  async record(entry: VaultJournalEntry): Promise<void> {
    if (this.failOn(entry)) throw new Error('the journal is full');
    this.entries.push(entry);
  }

  /** The entries as `action outcome subject`, forgetting them. */
  take(): string[] {
    return this.entries.splice(0).map(({ action, outcome, subject }) => `${action} ${outcome} ${subject}`);
  }
}

export interface Kit {
  readonly home: string;
  readonly secretsDir: string;
  readonly vault: Vault;
  readonly journal: MemoryJournal;
  readonly clock: { now: number; nowMs(): number };
  reader(): Promise<SecretReader>;
}

/** A vault in a throw-away folder, not initialized, with a clock that stands still. */
export function makeKit(t: Test, otherLock?: VaultLock): Kit {
  const home = t.testdir();
  const secretsDir = join(home, 'secrets');
  const clock = { now: 1_800_000_000_000, nowMs: () => clock.now };
  const journal = new MemoryJournal();
  const lock = otherLock ?? sqliteLock(join(home, 'vault.lock'));
  const options = { secretsDir, lock, journal, clock, actor: 'root@test' };
  return {
    home,
    secretsDir,
    vault: openVault(options),
    journal,
    clock,
    reader: () => openSecretReader({ secretsDir }),
  };
}

/** No lock at all, for a test that abandons a verb in the middle. */
export const noLock: VaultLock = { exclusively: (work) => work() };

/** The same, initialized and unlocked. */
export async function makeUnlocked(t: Test, otherLock?: VaultLock): Promise<Kit> {
  const kit = makeKit(t, otherLock);
  await kit.vault.init(PASSPHRASE);
  await kit.vault.unlock(PASSPHRASE);
  kit.journal.take();
  return kit;
}
