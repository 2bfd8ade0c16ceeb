import { type Json, VigoError } from '../base/index.js';
import { VaultError } from './errors.js';

export type VaultAction =
  | 'vault.initialized'
  | 'vault.unlocked'
  | 'vault.unlock_failed'
  | 'vault.locked'
  | 'vault.denied'
  | 'vault.rotated'
  | 'vault.reset'
  | 'vault.rekeyed'
  | 'backup.made'
  | 'backup.recipient_added'
  | 'backup.recipient_removed'
  | 'backup.recipients_listed'
  | 'secret.set'
  | 'secret_accessed'
  | 'secret.deleted'
  | 'secret.purged'
  | 'secret.rolled_back'
  | 'secret.moved'
  | 'secret.listed'
  | 'secret.history_listed';

export interface VaultJournalEntry {
  readonly action: VaultAction;
  /** The key, or for what concerns the whole vault its folder. */
  readonly subject: string;
  readonly outcome: 'intent' | 'done' | 'failed' | 'denied';
  /** Names, versions and codes; never a value. */
  readonly detail: { readonly [name: string]: Json };
}

/** Where the vault's operations are recorded. Must reject unless the entry is durable. */
export interface VaultJournal {
  record(entry: VaultJournalEntry): Promise<void>;
}

export interface Operation<T> {
  readonly action: VaultAction;
  readonly subject: string;
  /** The action of the outcome where it was refused, if it has a name of its own. */
  readonly refusedAs?: VaultAction;
  /** What intent and outcome tell, beside the subject. */
  readonly about?: VaultJournalEntry['detail'];
  act(): Promise<T>;
  /** What the outcome tells about the result. */
  describe?(result: T): VaultJournalEntry['detail'];
  /** Wipes a result that nobody gets. */
  discard?(result: T): void;
}

/**
 * Does an operation on files with its intent recorded before and its outcome after (A1): what can't be recorded
 * doesn't happen, and a crash in between leaves an intent without an outcome.
 * @throws VaultError `not_recorded`: nothing was done; `outcome_not_recorded`: it was, and nobody gets the result
 */
export async function recorded<T>(journal: VaultJournal, operation: Operation<T>): Promise<T> {
  const { action, subject, about = {} } = operation;
  await journal.record({ action, subject, outcome: 'intent', detail: about }).catch((cause) => {
    throw new VaultError('not_recorded', `nothing was done, because it can't be recorded: ${reasonOf(cause)}`, {
      cause,
      hint: hintOf(cause),
    });
  });
  let result: T;
  try {
    result = await operation.act();
  } catch (error) {
    await recordFailure(journal, operation, error);
    throw error;
  }
  const detail = { ...about, ...operation.describe?.(result) };
  await journal.record({ action, subject, outcome: 'done', detail }).catch((cause) => {
    operation.discard?.(result);
    throw new VaultError('outcome_not_recorded', `it was done, but that can't be recorded: ${reasonOf(cause)}`, {
      cause,
      hint: hintOf(cause),
    });
  });
  return result;
}

async function recordFailure<T>(journal: VaultJournal, operation: Operation<T>, error: unknown): Promise<void> {
  const refused = error instanceof VigoError && error.kind === 'denied' && operation.refusedAs !== undefined;
  const entry: VaultJournalEntry = {
    action: refused ? (operation.refusedAs ?? operation.action) : operation.action,
    subject: operation.subject,
    outcome: refused ? 'denied' : 'failed',
    detail: { ...operation.about, error: codeOf(error) },
  };
  // The first failure is the one to tell; in the log the intent without an outcome remains.
  await journal.record(entry).catch(() => {});
}

/** The code of an error, for the log: `vault/not_found`. */
export function codeOf(error: unknown): string {
  return error instanceof VigoError ? `${error.room}/${error.code}` : 'internal';
}

function reasonOf(error: unknown): string {
  return error instanceof VigoError ? error.message : 'the audit log fails';
}

function hintOf(error: unknown): string | undefined {
  return error instanceof VigoError ? error.hint : undefined;
}
