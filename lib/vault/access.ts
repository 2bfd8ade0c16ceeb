import type { Clock } from '../base/index.js';
import { FilesError } from '../files/index.js';
import { type VaultLayout, type VaultPlace, vaultLayout } from './format/layout.js';
import { loadMasterKeys, type MasterKeys } from './format/master-key.js';
import { Gate } from './gate/gate.js';
import { missingKey, noVerifier } from './gate/missing-key.js';
import { readVerifierFile } from './gate/verifier.js';
import { codeOf, type Operation, recorded, type VaultJournal } from './journal.js';
import type { VaultLock } from './lock.js';
import { settleMove } from './secrets/move.js';

export interface VaultOptions extends VaultPlace {
  lock: VaultLock;
  journal: VaultJournal;
  clock: Clock;
  /** Who does it, as it is written into every file: like `root@host`. */
  actor: string;
}

/** What a verb works with, read anew inside the lock. */
export interface Opened {
  readonly keys: MasterKeys;
  readonly verifier: Uint8Array;
}

export type GatedVerb<T> = Omit<Operation<T>, 'act'> & { act(opened: Opened): Promise<T> };

/** The way of every verb to the files: alone, with the master keys as they are now, through the gate, on record. */
export class VaultAccess {
  readonly layout: VaultLayout;
  readonly gate: Gate;
  readonly journal: VaultJournal;
  readonly lock: VaultLock;
  readonly clock: Clock;
  readonly actor: string;

  constructor(options: VaultOptions) {
    this.layout = vaultLayout(options);
    this.gate = new Gate(this.layout, options.clock);
    this.journal = options.journal;
    this.lock = options.lock;
    this.clock = options.clock;
    this.actor = options.actor;
  }

  /** Runs `work` alone. @throws VaultError where there is no vault, or no key to it */
  async opened<T>(work: (opened: Opened) => Promise<T>): Promise<T> {
    return this.lock.exclusively(() => this.#opened(work));
  }

  /** The same, whatever the state of the verifier. */
  async withKeys<T>(work: (keys: MasterKeys) => Promise<T>): Promise<T> {
    return this.lock.exclusively(() => this.#withKeys(work));
  }

  /** Looks through the open gate and leaves no trace: waits for nobody, records nothing, prolongs nothing. */
  async glance<T>(look: () => Promise<T>): Promise<T> {
    return this.#opened(async ({ keys, verifier }) => {
      await this.gate.demandOpen(keys, verifier);
      return look();
    });
  }

  /** Runs a verb behind the gate, and prolongs the unlock when it succeeded. */
  async gated<T>(verb: GatedVerb<T>): Promise<T> {
    return this.opened(async (opened) => {
      await this.demandOpenGate(verb, opened);
      await settleMove(this.layout.secretsDir, this.actor, opened.keys, this.clock);
      return recorded(this.journal, {
        ...verb,
        act: async () => {
          const result = await verb.act(opened);
          // On a full disk a secret can still be revealed; the unlock then ends 24 hours after an earlier use.
          await this.gate.open(opened.keys, opened.verifier).catch(ignoreFilesError);
          return result;
        },
      });
    });
  }

  async demandOpenGate({ action, subject }: { action: string; subject: string }, opened: Opened): Promise<void> {
    try {
      await this.gate.demandOpen(opened.keys, opened.verifier);
    } catch (error) {
      const detail = { verb: action, error: codeOf(error) };
      // Refused it is in any case: a journal that fails must not change the answer.
      await this.journal.record({ action: 'vault.denied', subject, outcome: 'denied', detail }).catch(() => {});
      throw error;
    }
  }

  async #opened<T>(work: (opened: Opened) => Promise<T>): Promise<T> {
    return this.#withKeys(async (keys) => {
      const verifier = await readVerifierFile(this.layout.verifierFile);
      if (verifier === undefined) throw noVerifier(this.layout);
      return work({ keys, verifier });
    });
  }

  async #withKeys<T>(work: (keys: MasterKeys) => Promise<T>): Promise<T> {
    const keys = await loadMasterKeys(this.layout.keyFile);
    if (keys === undefined) throw await missingKey(this.layout);
    try {
      return await work(keys);
    } finally {
      keys.dispose();
    }
  }
}

function ignoreFilesError(error: unknown): void {
  if (!(error instanceof FilesError)) throw error;
}
