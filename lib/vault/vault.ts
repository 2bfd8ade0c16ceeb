import { dirname } from 'node:path';
import type { Clock, KeyName, Secret } from '../base/index.js';
import { FilesError } from '../files/index.js';
import { VaultError } from './errors.js';
import { Gate } from './gate.js';
import { carryOutInit, type Initialization, planInit } from './init.js';
import { codeOf, type Operation, recorded, type VaultJournal } from './journal.js';
import { keysBelow, sweepTemporaries } from './key-tree.js';
import { demandKnownKey } from './known-key.js';
import { type VaultLayout, type VaultPlace, vaultLayout } from './layout.js';
import type { VaultLock } from './lock.js';
import { loadMasterKeys, type MasterKeys } from './master-key.js';
import { missingKey, notInitialized } from './missing-key.js';
import { demandStrongPassword } from './password-rule.js';
import { readSecret, removeSecret, type SecretKind, writeSecret } from './secret-files.js';
import { decodeVerifier, makeVerifier, readVerifierFile, verifyPassphrase } from './verifier.js';

export interface VaultOptions extends VaultPlace {
  lock: VaultLock;
  journal: VaultJournal;
  clock: Clock;
  /** Who does it, as it is written into every file: like `root@host`. */
  actor: string;
}

/** Opens nothing yet: each verb looks at what is there when it runs. @throws VaultError `misplaced` */
export function openVault(options: VaultOptions): Vault {
  return new Vault(options);
}

/** What a verb works with, read anew inside the lock. */
interface Opened {
  readonly keys: MasterKeys;
  readonly verifier: Uint8Array;
}

/**
 * The vault as people use it: each verb runs alone, is recorded, and, all but `init`, `unlock` and `lock`, goes through
 * the gate. Any verb may throw what its lock throws, a FilesError where the disk fails, and a VaultError
 * `not_initialized`, `key_missing`, `bad_master_key`, `exposed_master_key`, `bad_verifier`, `not_recorded` or
 * `outcome_not_recorded`; a gated one `locked`, `expired`, `clock_backwards` or `unknown_key`. On any error
 * the vault is as it was.
 */
export class Vault {
  readonly layout: VaultLayout;
  readonly #options: VaultOptions;
  readonly #gate: Gate;

  constructor(options: VaultOptions) {
    this.layout = vaultLayout(options);
    this.#options = options;
    this.#gate = new Gate(this.layout, options.clock);
  }

  /**
   * Makes what is missing of master key, verifier, and the server's own keys of these names.
   * @throws VaultError `already_initialized`, `key_missing`, `bad_passphrase`
   */
  async init(
    passphrase: Uint8Array,
    { serverKeys = [] }: { serverKeys?: readonly string[] } = {},
  ): Promise<Initialization> {
    const { lock, journal, clock, actor } = this.#options;
    const verifier = await makeVerifier(passphrase);
    return lock.exclusively(async () => {
      const plan = await planInit(this.layout);
      return recorded(journal, {
        action: 'vault.initialized',
        subject: this.layout.secretsDir,
        describe: ({ masterKey }) => ({ master_key: masterKey }),
        act: async () => {
          await carryOutInit(this.layout, plan, { verifier, serverKeys, createdMs: clock.nowMs(), by: actor });
          return plan;
        },
      });
    });
  }

  /** What `init` would do, so that nobody is asked for a passphrase in vain. Throws what `init` does. */
  async planInit(): Promise<Initialization> {
    return planInit(this.layout);
  }

  /** Opens the gate for 24 hours from its last use. @throws VaultError `wrong_passphrase` */
  async unlock(passphrase: Uint8Array): Promise<void> {
    await this.#opened((opened) =>
      recorded(this.#options.journal, {
        action: 'vault.unlocked',
        subject: this.layout.secretsDir,
        refusedAs: 'vault.unlock_failed',
        act: async () => {
          const verifier = decodeVerifier(this.layout.verifierFile, opened.verifier);
          if (!(await verifyPassphrase(verifier, passphrase))) {
            throw new VaultError('wrong_passphrase', 'this is not the passphrase of the vault');
          }
          await demandKnownKey(this.layout, opened.keys);
          await sweepTemporaries(dirname(this.layout.keyFile));
          await this.#gate.open(opened.keys, opened.verifier);
        },
      }),
    );
  }

  /**
   * Closes the gate at once. Neither a journal nor a lock that fails keeps it open.
   * @returns whether it could be recorded
   */
  async lock(): Promise<{ recorded: boolean }> {
    const { journal, lock } = this.#options;
    await this.#gate.close();
    let outcome: 'done' | 'failed' = 'failed';
    let recorded = false;
    try {
      // Once more when no other verb runs: one that had passed the gate would open it again by prolonging it.
      await lock.exclusively(() => this.#gate.close());
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
   * Stores a value; the version before it is kept. The caller wipes `value`.
   * @returns the new version, 1 for a new name
   * @throws VaultError `value_too_large` above 1 MiB, `weak_password`, `name_conflict`, and what `reveal` does
   */
  async set(key: KeyName, value: Uint8Array, { kind }: { kind: SecretKind }): Promise<number> {
    if (kind === 'password') demandStrongPassword(value);
    const { clock, actor } = this.#options;
    return this.#gated<number>({
      action: 'secret.set',
      subject: key,
      describe: (version) => ({ version, kind }),
      act: ({ keys }) => writeSecret(this.layout.secretsDir, key, { value, kind, by: actor }, keys, clock),
    });
  }

  /**
   * Takes a value out of the vault; recorded as `secret_accessed`. The caller disposes of it.
   * @throws VaultError `not_found`, `damaged`, `forged`, `unknown_key`, `misplaced`, `version_mismatch`
   */
  async reveal(key: KeyName): Promise<Secret<Uint8Array>> {
    return this.#gated({
      action: 'secret_accessed',
      subject: key,
      act: async ({ keys }) => (await readSecret(this.layout.secretsDir, key, keys)).value,
    });
  }

  /** Removes a secret; its versions are kept. @throws VaultError `not_found`, `unknown_key`, `misplaced` */
  async delete(key: KeyName): Promise<void> {
    await this.#gated<number>({
      action: 'secret.deleted',
      subject: key,
      describe: (version) => ({ version }),
      act: ({ keys }) => removeSecret(this.layout.secretsDir, key, keys),
    });
  }

  /** The names of all secrets, sorted by their bytes. */
  async list(): Promise<KeyName[]> {
    return this.#gated<KeyName[]>({
      action: 'secret.listed',
      subject: this.layout.secretsDir,
      describe: (keys) => ({ count: keys.length }),
      act: async () => (await keysBelow(this.layout.secretsDir)).sort(),
    });
  }

  /** Runs a verb behind the gate, and prolongs the unlock when it succeeded. */
  async #gated<T>(verb: Omit<Operation<T>, 'act'> & { act(opened: Opened): Promise<T> }): Promise<T> {
    return this.#opened(async (opened) => {
      await this.#demandOpenGate(verb, opened);
      return recorded(this.#options.journal, {
        ...verb,
        act: async () => {
          const result = await verb.act(opened);
          // On a full disk a secret can still be revealed; the unlock then ends 24 hours after an earlier use.
          await this.#gate.open(opened.keys, opened.verifier).catch(ignoreFilesError);
          return result;
        },
      });
    });
  }

  async #demandOpenGate({ action, subject }: { action: string; subject: string }, opened: Opened): Promise<void> {
    try {
      await this.#gate.demandOpen(opened.keys, opened.verifier);
    } catch (error) {
      const detail = { verb: action, error: codeOf(error) };
      // Refused it is in any case: a journal that fails must not change the answer.
      await this.#options.journal
        .record({ action: 'vault.denied', subject, outcome: 'denied', detail })
        .catch(() => {});
      throw error;
    }
  }

  /** Runs `work` alone, with the master keys and the verifier as they are now. */
  async #opened<T>(work: (opened: Opened) => Promise<T>): Promise<T> {
    return this.#options.lock.exclusively(async () => {
      const keys = await loadMasterKeys(this.layout.keyFile);
      if (keys === undefined) throw await missingKey(this.layout);
      try {
        const verifier = await readVerifierFile(this.layout.verifierFile);
        if (verifier === undefined) throw notInitialized(this.layout);
        return await work({ keys, verifier });
      } finally {
        keys.dispose();
      }
    });
  }
}

function ignoreFilesError(error: unknown): void {
  if (!(error instanceof FilesError)) throw error;
}
