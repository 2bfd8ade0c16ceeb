import { accessSync, constants, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import type { Test } from 'tap';
import { parseKeyName, utf8 } from '../../lib/base/index.js';
import { loadMasterKeys } from '../../lib/vault/format/master-key.js';
import { Gate } from '../../lib/vault/gate/gate.js';
import { makeVerifier, readVerifierFile } from '../../lib/vault/gate/verifier.js';
import {
  openSecretReader,
  openVault,
  type SecretReader,
  type Vault,
  type VaultJournal,
  type VaultJournalEntry,
  type VaultLayout,
  type VaultLock,
} from '../../lib/vault/index.js';
import { carryOutInit } from '../../lib/vault/init.js';
import { readHistory, readVersion } from '../../lib/vault/secrets/history.js';

export const PASSPHRASE = utf8('correct horse battery staple');
export const HOUR_MS = 3_600_000;

/** The lock that the programs use: an exclusive SQLite transaction, which the kernel ends with its process. */
export function sqliteLock(path: string): VaultLock {
  return {
    async exclusively(work) {
      const database = new Database(path, { timeout: 0 });
      try {
        // Not in step with each other, or the one that came first would starve the rest.
        while (!begin(database)) await new Promise((resolve) => setTimeout(resolve, 1 + 10 * Math.random()));
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
export function makeKit(t: Test, otherLock?: VaultLock, home: string = t.testdir()): Kit {
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

/** A lock within one process: whoever asks first comes first. */
export function inOrder(): VaultLock {
  let last: Promise<unknown> = Promise.resolve();
  return {
    exclusively(work) {
      const turn = last.then(work);
      last = turn.catch(() => {});
      return turn;
    },
  };
}

/** The same, initialized and unlocked. */
export async function makeUnlocked(t: Test, otherLock?: VaultLock): Promise<Kit> {
  const kit = makeKit(t, otherLock);
  await kit.vault.init(PASSPHRASE);
  await kit.vault.unlock(PASSPHRASE);
  kit.journal.take();
  return kit;
}

/** The same without the seconds that hashing a passphrase takes: its verifier is a cheap one. */
export async function makeOpen(t: Test, otherLock?: VaultLock): Promise<Kit> {
  const kit = makeKit(t, otherLock, inMemory(t));
  await initCheaply(kit);
  return kit;
}

/** A throw-away folder in memory where there is one, for what flushes its files thousands of times. */
export function inMemory(t: Test): string {
  let root = '/dev/shm';
  try {
    accessSync(root, constants.W_OK);
  } catch {
    root = tmpdir();
  }
  const folder = mkdtempSync(join(root, 'vigo-test-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export const CHEAP = { memoryKiB: 8, passes: 1 };

export async function initCheaply({ vault: { layout }, clock }: Pick<Kit, 'vault' | 'clock'>): Promise<void> {
  mkdirSync(dirname(layout.secretsDir), { recursive: true });
  const verifier = await makeVerifier(PASSPHRASE, CHEAP);
  const content = { verifier, serverKeys: ['policy'], createdMs: clock.nowMs(), by: 'root@test' };
  await carryOutInit(layout, { masterKey: 'made' }, content);
  await openGate(layout, clock);
}

/** Opens the gate as `unlock` does, without a passphrase. */
export async function openGate(layout: VaultLayout, clock: { nowMs(): number }): Promise<void> {
  const keys = await loadMasterKeys(layout.keyFile);
  const verifier = await readVerifierFile(layout.verifierFile);
  if (keys === undefined || verifier === undefined) throw new Error('there is no vault');
  await new Gate(layout, clock).open(keys, verifier);
  keys.dispose();
}

/** What is in a vault after one more verb: every version of these names, `*` before the current one. */
export async function describeVault(vault: Vault, names: readonly string[]): Promise<Record<string, string[]>> {
  await vault.list(); // the next verb mends what a crash left
  const { secretsDir, keyFile } = vault.layout;
  const keys = await loadMasterKeys(keyFile);
  if (keys === undefined) throw new Error('there is no master key');
  const found: Record<string, string[]> = {};
  for (const name of names.map(parseKeyName)) {
    const history = await readHistory(secretsDir, name, keys).catch((error) => error.code);
    if (typeof history === 'string') {
      found[name] = [history];
      continue;
    }
    found[name] = history.gone === undefined ? [] : [`gone ${history.gone.version}`];
    for (const entry of history.versions) {
      if ('problem' in entry) {
        found[name].push(`${entry.version} ${entry.problem}`);
        continue;
      }
      const { value } = await readVersion(secretsDir, name, entry.version, keys);
      found[name].push(`${entry.current ? '*' : ''}${entry.version} ${Buffer.from(value.expose())}`);
    }
  }
  keys.dispose();
  return found;
}
