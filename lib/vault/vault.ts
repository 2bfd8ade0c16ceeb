import { dirname } from 'node:path';
import type { KeyName, Secret } from '../base/index.js';
import { wipe } from '../crypto/index.js';
import { type GatedVerb, type Opened, VaultAccess, type VaultOptions } from './access.js';
import { type RecipientList, readRecipients, writeRecipients } from './backup-recipients.js';
import { VaultError } from './errors.js';
import { removeSnapshot, type Snapshot, takeSnapshot } from './examine/snapshot.js';
import { hasFile, sweepTemporaries } from './format/key-tree.js';
import { demandKnownKey } from './format/known-key.js';
import type { VaultLayout } from './format/layout.js';
import type { OpenedSecret } from './format/stored-file.js';
import type { SecretKind } from './format/vault-file.js';
import {
  demandOther,
  demandPassphrase,
  demandVerifier,
  replacePassphrase,
  replaceWeakVerifier,
} from './gate/passphrase.js';
import { demandUsable, makeVerifier } from './gate/verifier.js';
import { carryOutInit, type Initialization, planInit } from './init.js';
import { recorded, type VaultJournalEntry } from './journal.js';
import { type Alone, type Rekeyed, type RekeyOptions, rekey } from './rekey.js';
import { generatePassword } from './secrets/generate.js';
import { readHistory, readVersion, type SecretHistory, versionBefore } from './secrets/history.js';
import { withLikelyName } from './secrets/likely-name.js';
import { type ListedSecret, listSecrets } from './secrets/listing.js';
import { moveSecret, settleMove } from './secrets/move.js';
import { demandStrongPassword } from './secrets/password-rule.js';
import { purgeSecret } from './secrets/purge.js';
import {
  deleteSecret,
  demandWritable,
  readSecret,
  versionThere,
  type WriteCondition,
  writeSecret,
} from './secrets/secret-files.js';
import { suggestNames } from './secrets/suggest.js';

/** Opens nothing yet: each verb looks at what is there when it runs. @throws VaultError `misplaced` */
export function openVault(options: VaultOptions): Vault {
  return new Vault(options);
}

/** The public key of a recipient of backups, and what the log knows of the list of those that are registered. */
export interface RegisteredKey {
  /** 16 hex digits. */
  readonly id: string;
  readonly key: string;
  /** The version of the list after its last recorded change, 0 without one. */
  readonly seen: number;
}

export interface BackupOptions<T> {
  /** Where it goes, for the log. */
  readonly subject: string;
  /** For whom it is; a registered one needs no unlocked vault. */
  readonly recipient?: RegisteredKey | undefined;
  /** Runs once the gate was found open, and before anything is recorded. @returns what the log tells of it */
  prepare(): Promise<VaultJournalEntry['detail']>;
  /** Runs under the vault's lock, before the snapshot: for what has to be of the same moment. */
  pin(): Promise<void>;
  /** Copies the files; others work on the vault meanwhile. */
  copy(snapshot: Snapshot): Promise<T>;
}

export interface RemovalOptions extends WriteCondition {
  /** Runs under the vault's lock, before anything is changed: what it throws keeps the secret. */
  readonly allow?: (() => Promise<void>) | undefined;
}

export interface SetOptions extends WriteCondition {
  readonly kind: SecretKind;
  /** When the value should be replaced by another one: milliseconds since 1970. */
  readonly expiresMs?: number | undefined;
}

/**
 * The vault as people use it: each verb runs alone, is recorded, and, all but `init`, `unlock`, `lock`, `rotate` and
 * `reset`, goes through the gate. Any verb may throw what its lock throws, a FilesError where the disk fails, and a
 * VaultError `not_initialized`, `key_missing`, `bad_master_key`, `exposed_master_key`, `bad_verifier`, `not_recorded` or
 * `outcome_not_recorded`; a gated one `locked`, `expired`, `clock_backwards` or `unknown_key`. On any error but
 * `outcome_not_recorded` the vault is as it was.
 */
export class Vault {
  readonly layout: VaultLayout;
  readonly #access: VaultAccess;

  constructor(options: VaultOptions) {
    this.#access = new VaultAccess(options);
    this.layout = this.#access.layout;
  }

  /**
   * Makes what is missing of master key, verifier, and the server's own keys of these names.
   * @throws VaultError `already_initialized`, `key_missing`, `bad_passphrase`
   */
  async init(
    passphrase: Uint8Array,
    { serverKeys = [] }: { serverKeys?: readonly string[] } = {},
  ): Promise<Initialization & { closedFolder: boolean }> {
    const { lock, journal, clock, actor } = this.#access;
    const verifier = await makeVerifier(passphrase);
    return lock.exclusively(async () => {
      const plan = await planInit(this.layout);
      return recorded(journal, {
        action: 'vault.initialized',
        subject: this.layout.secretsDir,
        describe: ({ masterKey }) => ({ master_key: masterKey }),
        act: async () => {
          const content = { verifier, serverKeys, createdMs: clock.nowMs(), by: actor };
          return { ...plan, ...(await carryOutInit(this.layout, plan, content)) };
        },
      });
    });
  }

  /** What `init` would do, so that nobody is asked for a passphrase in vain. Throws what `init` does. */
  async planInit(): Promise<Initialization> {
    return planInit(this.layout);
  }

  /** Throws what `unlock` and `rotate` do where there is no vault, before somebody is asked for a passphrase. */
  async planUnlock(): Promise<void> {
    await this.#access.opened(async () => {});
  }

  /** The same for `reset`, which takes a verifier in any state. */
  async planReset(): Promise<void> {
    await this.#access.withKeys(async () => demandVerifier(this.layout));
  }

  /**
   * Opens the gate for 24 hours from its last use. A verifier that is cheaper to attack than today's is replaced.
   * @throws VaultError `wrong_passphrase`, `slowed_down`
   */
  async unlock(passphrase: Uint8Array): Promise<void> {
    const { journal, clock, gate } = this.#access;
    await this.#access.opened((opened) =>
      recorded(journal, {
        action: 'vault.unlocked',
        subject: this.layout.secretsDir,
        refusedAs: 'vault.unlock_failed',
        describe: (verifier) => (verifier === opened.verifier ? {} : { verifier: 'strengthened' }),
        act: async () => {
          const known = await demandPassphrase(this.layout, clock, opened.verifier, passphrase);
          await demandKnownKey(this.layout, opened.keys);
          await sweepTemporaries(dirname(this.layout.keyFile));
          const verifier = (await replaceWeakVerifier(this.layout, known, passphrase)) ?? opened.verifier;
          await gate.open(opened.keys, verifier);
          return verifier;
        },
      }),
    );
  }

  /**
   * Closes the gate at once. Neither a journal nor a lock that fails keeps it open.
   * @returns whether it could be recorded
   */
  async lock(): Promise<{ recorded: boolean }> {
    const { journal, lock, gate } = this.#access;
    await gate.close();
    let outcome: 'done' | 'failed' = 'failed';
    let recorded = false;
    try {
      // Once more when no other verb runs: one that had passed the gate would open it again by prolonging it.
      await lock.exclusively(() => gate.close());
      outcome = 'done';
    } finally {
      const entry = { action: 'vault.locked', subject: this.layout.secretsDir, outcome, detail: {} } as const;
      recorded = await journal.record(entry).then(
        () => true,
        () => false,
      );
    }
    return { recorded };
  }

  /**
   * Replaces the passphrase, and closes the gate.
   * @throws VaultError `wrong_passphrase`, `slowed_down`; `bad_passphrase` also for a new one that is the old one
   */
  async rotate(current: Uint8Array, next: Uint8Array): Promise<void> {
    const { journal, clock, gate } = this.#access;
    demandUsable(next);
    demandOther(current, next);
    await this.#access.opened((opened) =>
      recorded(journal, {
        action: 'vault.rotated',
        subject: this.layout.secretsDir,
        refusedAs: 'vault.unlock_failed',
        act: async () => {
          await demandPassphrase(this.layout, clock, opened.verifier, current);
          await replacePassphrase(this.layout, await makeVerifier(next));
          await gate.close();
        },
      }),
    );
  }

  /**
   * Replaces the passphrase without the old one, and closes the gate: for whoever can read the master key.
   * @throws VaultError `bad_passphrase`; `unknown_key` where the master key isn't that of the ciphertexts
   */
  async reset(next: Uint8Array): Promise<void> {
    const { journal, gate } = this.#access;
    demandUsable(next);
    await this.#access.withKeys(async (keys) => {
      await demandVerifier(this.layout);
      await demandKnownKey(this.layout, keys);
      await recorded(journal, {
        action: 'vault.reset',
        subject: this.layout.secretsDir,
        act: async () => {
          await replacePassphrase(this.layout, await makeVerifier(next));
          await gate.close();
        },
      });
    });
  }

  /** Finds what `set` would refuse whatever the value, so that nobody is asked for one in vain. Throws what `set` does. */
  async planSet(key: KeyName, condition: WriteCondition): Promise<void> {
    await this.#access.opened(async (opened) => {
      await this.#access.demandOpenGate({ action: 'secret.set', subject: key }, opened);
      await demandWritable(this.layout.secretsDir, key, opened.keys, condition);
    });
  }

  /**
   * Stores a value; the version before it is kept. The caller wipes `value`.
   * @returns the new version, 1 for a new name
   * @throws VaultError `value_too_large` above 1 MiB, `weak_password`, `name_conflict`, `version_conflict`, and what
   * `reveal` does
   */
  async set(key: KeyName, value: Uint8Array, { kind, expiresMs, ifVersion }: SetOptions): Promise<number> {
    if (kind === 'password') demandStrongPassword(value);
    const meta = { by: this.#access.actor, ...(expiresMs === undefined ? {} : { expires: expiresMs }) };
    return this.#access.gated<number>({
      action: 'secret.set',
      subject: key,
      describe: (version) => ({ version, kind }),
      act: ({ keys }) =>
        writeSecret(this.layout.secretsDir, key, { value, kind, meta }, keys, this.#access.clock, { ifVersion }),
    });
  }

  /**
   * Stores a password that is drawn here and shown to nobody.
   * @param length 12 to 1,024 characters, 24 unless given
   * @throws VaultError `bad_length`, and what `set` does
   */
  async generate(key: KeyName, options: { length?: number | undefined } & Omit<SetOptions, 'kind'>): Promise<number> {
    const { length, ...rest } = options;
    const value = generatePassword(length);
    try {
      return await this.set(key, value, { ...rest, kind: 'password' });
    } finally {
      wipe(value);
    }
  }

  /**
   * Takes a value out of the vault; recorded as `secret_accessed`. The caller disposes of it.
   * @param version the current one unless given
   * @throws VaultError `not_found`, `damaged`, `forged`, `unknown_key`, `misplaced`, `version_mismatch`
   */
  async open(key: KeyName, { version }: { version?: number | undefined } = {}): Promise<OpenedSecret> {
    const { secretsDir } = this.layout;
    const verb: GatedVerb<OpenedSecret> & { subject: KeyName } = {
      action: 'secret_accessed',
      subject: key,
      describe: ({ version }) => ({ version }),
      discard: ({ value }) => value.dispose(),
      act: ({ keys }) =>
        version === undefined ? readSecret(secretsDir, key, keys) : readVersion(secretsDir, key, version, keys),
    };
    return version === undefined ? this.#onSecret(verb) : this.#access.gated(verb);
  }

  /** The value that `open` gives, alone. */
  async reveal(key: KeyName, options: { version?: number | undefined } = {}): Promise<Secret<Uint8Array>> {
    return (await this.open(key, options)).value;
  }

  /** The versions of a secret, without values. @throws VaultError `not_found`, `misplaced` */
  async history(key: KeyName): Promise<SecretHistory> {
    return this.#onSecret<SecretHistory>({
      action: 'secret.history_listed',
      subject: key,
      describe: ({ versions }) => ({ count: versions.length }),
      act: ({ keys }) => readHistory(this.layout.secretsDir, key, keys),
    });
  }

  /**
   * Gives a secret, also a deleted one, the value of an earlier version, as a new version.
   * @param to the version before the current one unless given
   * @returns the new version and the one whose value it has
   * @throws VaultError `not_found`, also for a version that was purged; `version_conflict`, and what `reveal` does
   */
  async rollback(
    key: KeyName,
    { to, ifVersion }: { to?: number | undefined } & WriteCondition = {},
  ): Promise<{ version: number; restored: number }> {
    const { secretsDir } = this.layout;
    const { clock, actor } = this.#access;
    return this.#access.gated({
      action: 'secret.rolled_back',
      subject: key,
      about: to === undefined ? {} : { restored: to },
      describe: ({ version, restored }) => ({ version, restored }),
      act: async ({ keys }) => {
        const restored = to ?? (await versionBefore(secretsDir, key, await versionThere(secretsDir, key, keys)));
        const { value, kind, header } = await readVersion(secretsDir, key, restored, keys);
        const { deleted: _, ...metaThen } = header.meta;
        const meta = { ...metaThen, by: actor, restored };
        try {
          const secret = { value: value.expose(), kind, meta };
          return { version: await writeSecret(secretsDir, key, secret, keys, clock, { ifVersion }), restored };
        } finally {
          value.dispose();
        }
      },
    });
  }

  /**
   * Removes a secret; its versions are kept, and `rollback` brings it back.
   * @throws VaultError `not_found`, `unknown_key`, `misplaced`, `version_conflict`
   */
  async delete(key: KeyName, { allow, ...condition }: RemovalOptions = {}): Promise<void> {
    const { secretsDir } = this.layout;
    await this.#onSecret<number>({
      action: 'secret.deleted',
      subject: key,
      describe: (version) => ({ version }),
      act: async ({ keys }) => {
        if (await hasFile(secretsDir, key)) await allow?.();
        return deleteSecret(secretsDir, key, keys, this.#access.clock, condition);
      },
    });
  }

  /** Removes a secret, also one that was deleted, with all its versions: nothing undoes it. Throws what `delete` does. */
  async purge(key: KeyName, { allow, ...condition }: RemovalOptions = {}): Promise<void> {
    const { clock, actor } = this.#access;
    await this.#onSecret<number>({
      action: 'secret.purged',
      subject: key,
      describe: (version) => ({ version }),
      act: async ({ keys }) => {
        await allow?.();
        return purgeSecret(this.layout.secretsDir, key, actor, keys, clock, condition);
      },
    });
  }

  /**
   * Gives a secret another name; its versions go along.
   * @returns its version under the new name
   * @throws VaultError `not_found`, `exists`, `name_conflict`, `version_conflict`, and what `reveal` does
   */
  async move(from: KeyName, to: KeyName, { allow, ...condition }: RemovalOptions = {}): Promise<number> {
    const { secretsDir } = this.layout;
    const { clock, actor } = this.#access;
    return this.#onSecret<number>({
      action: 'secret.moved',
      subject: from,
      about: { to },
      describe: (version) => ({ version }),
      act: async ({ keys }) => {
        if (await hasFile(secretsDir, from)) await allow?.();
        return moveSecret(secretsDir, { from, to }, actor, keys, clock, condition);
      },
    });
  }

  /** The secrets at or below a name, all of them without one, sorted by their bytes; never values. */
  async list(prefix?: KeyName): Promise<ListedSecret[]> {
    return this.#access.gated<ListedSecret[]>({
      action: 'secret.listed',
      subject: this.layout.secretsDir,
      describe: (secrets) => ({ count: secrets.length, ...(prefix === undefined ? {} : { prefix }) }),
      act: () => listSecrets(this.layout.secretsDir, prefix),
    });
  }

  /**
   * What a shell may offer where part of a name was typed: keys, and folders with a slash at their end. The gate must be
   * open, but this isn't a use of the vault: it is neither recorded, nor does it prolong the unlock, because nobody has
   * asked for anything yet; and whoever gets here can list the folder, whose file names these are.
   */
  async suggest(typed: string): Promise<string[]> {
    return this.#access.glance(() => suggestNames(this.layout.secretsDir, typed));
  }

  /**
   * Replaces the master key while others read and write, and closes the gate. Versions stay as they are. After a crash
   * doing it again goes on where it was.
   * @throws VaultError `unreadable` where a file opens under no key; the old key stays then
   */
  async rekey(options: RekeyOptions = {}): Promise<Rekeyed> {
    const { journal, gate, clock, actor } = this.#access;
    const verb = { action: 'vault.rekeyed', subject: this.layout.secretsDir } as const;
    await this.#access.opened((opened) => this.#access.demandOpenGate(verb, opened));
    const alone: Alone = (work) =>
      this.#access.opened(async ({ keys }) => {
        await settleMove(this.layout.secretsDir, actor, keys, clock);
        return work(keys);
      });
    return recorded(journal, {
      ...verb,
      describe: ({ names, resumed, unreadable }) => ({ names, resumed, unreadable: unreadable.length }),
      act: () => rekey(this.layout, alone, () => gate.close(), options),
    });
  }

  /**
   * Lends everything that the vault consists of as it is at one moment, the master key among it. The intent is recorded
   * before that moment and the outcome after it, so that a copied log says of its backup that it was begun.
   *
   * Behind the gate, although no value is decrypted: a copy and what opens it give every secret. A recipient that was
   * registered behind the gate needs it no more, and doesn't prolong the unlock: a nightly backup would keep the vault
   * open for good. One process at a time may do it, which is the caller's to see to.
   */
  async backup<T>({ subject, recipient, prepare, pin, copy }: BackupOptions<T>): Promise<T> {
    const { journal, clock, actor, gate } = this.#access;
    const verb = { action: 'backup.made', subject } as const;
    const mayCopy = async (opened: Opened): Promise<'registered' | 'unlocked'> => {
      let refusal: VaultError | undefined;
      if (recipient !== undefined) {
        refusal = await this.#demandRegistered(recipient, opened);
        if (refusal === undefined) return 'registered';
      }
      try {
        await this.#access.demandOpenGate(verb, opened);
        return 'unlocked';
      } catch (error) {
        throw error instanceof VaultError && error.kind === 'locked' ? (refusal ?? error) : error;
      }
    };
    await this.#access.opened(mayCopy);
    return recorded(journal, {
      ...verb,
      about: await prepare(),
      act: async () => {
        let snapshot: Snapshot | undefined;
        try {
          snapshot = await this.#access.opened(async (opened) => {
            const permission = await mayCopy(opened);
            await settleMove(this.layout.secretsDir, actor, opened.keys, clock);
            await pin();
            if (permission === 'unlocked') await gate.open(opened.keys, opened.verifier);
            return takeSnapshot(this.layout);
          });
          return await copy(snapshot);
        } finally {
          await removeSnapshot(this.layout, snapshot);
        }
      },
    });
  }

  /** The recipients that are registered. @param seen as in RegisteredKey. @throws VaultError `version_mismatch` */
  async backupRecipients(seen: number): Promise<RecipientList> {
    return this.#access.opened(({ keys }) =>
      recorded(this.#access.journal, {
        action: 'backup.recipients_listed',
        subject: this.layout.secretsDir,
        describe: ({ recipients }) => ({ count: recipients.length }),
        act: () => readRecipients(this.layout, keys, seen),
      }),
    );
  }

  /** Lets backups for a recipient be made while the vault is locked. @throws VaultError `exists`, `version_mismatch` */
  async addBackupRecipient({ id, key, seen }: RegisteredKey): Promise<RecipientList> {
    const { clock, actor } = this.#access;
    return this.#access.gated<RecipientList>({
      action: 'backup.recipient_added',
      subject: id,
      describe: ({ version }) => ({ version }),
      act: async ({ keys }) => {
        const list = await readRecipients(this.layout, keys, seen);
        if (list.recipients.some((one) => one.key === key)) {
          throw new VaultError('exists', `recipient ${id} is registered already`);
        }
        const made = { addedMs: clock.nowMs(), by: actor };
        const recipients = [...list.recipients, { id, key, ...made }];
        return writeRecipients(this.layout, keys, { ...list, recipients }, { createdMs: made.addedMs, by: actor });
      },
    });
  }

  /** Takes that back. @throws VaultError `not_found`, `version_mismatch` */
  async removeBackupRecipient(id: string, seen: number): Promise<RecipientList> {
    const { clock, actor } = this.#access;
    return this.#access.gated<RecipientList>({
      action: 'backup.recipient_removed',
      subject: id,
      describe: ({ version }) => ({ version }),
      act: async ({ keys }) => {
        const list = await readRecipients(this.layout, keys, seen);
        const recipients = list.recipients.filter((one) => one.id !== id);
        if (recipients.length === list.recipients.length) {
          throw new VaultError('not_found', `recipient ${id} is not registered`, {
            hint: 'vigocli backup recipients list shows those that are',
          });
        }
        return writeRecipients(this.layout, keys, { ...list, recipients }, { createdMs: clock.nowMs(), by: actor });
      },
    });
  }

  /** Why a locked vault refuses it; undefined if it is registered. */
  async #demandRegistered({ id, key, seen }: RegisteredKey, { keys }: Opened): Promise<VaultError | undefined> {
    try {
      const { recipients } = await readRecipients(this.layout, keys, seen);
      if (recipients.some((one) => one.key === key)) return undefined;
    } catch (error) {
      if (error instanceof VaultError) return error;
      throw error;
    }
    return new VaultError('locked', `the vault is locked, and recipient ${id} is not registered`, {
      hint: 'vigocli secrets unlock, then: vigocli backup recipients add <key>',
    });
  }

  /** Where there is no secret of that name, the error says which one may have been meant. */
  async #onSecret<T>(verb: GatedVerb<T> & { readonly subject: KeyName }): Promise<T> {
    try {
      return await this.#access.gated(verb);
    } catch (error) {
      if (!(error instanceof VaultError) || error.code !== 'not_found') throw error;
      throw await withLikelyName(this.layout.secretsDir, verb.subject, error);
    }
  }
}
