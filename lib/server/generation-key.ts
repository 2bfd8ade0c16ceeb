import type { Clock, Secret } from '../base/index.js';
import { type EntryDraft, openExclusiveLock, type Store } from '../store/index.js';
import { addServerKey, readServerKey, VaultError, type VaultPlace } from '../vault/index.js';

const NAME = 'generation';

export interface GenerationKeyContext {
  readonly place: VaultPlace;
  /** The file that everybody locks who writes into the vault. */
  readonly vaultLock: string;
  readonly store: Store;
  readonly clock: Clock;
  readonly actor: string;
}

/**
 * The key of the generations, which no database holds: who restores one can neither make a generation nor forget which
 * are true. A host from before there were generations gets its key here.
 * @param wasUsed whether an envoy holds a generation already: another key would make clones of the whole fleet
 * @throws VaultError; `not_found` where a key that was used is gone
 */
export async function openGenerationKey(context: GenerationKeyContext, wasUsed: boolean): Promise<Secret<Uint8Array>> {
  try {
    return await readServerKey(context.place, NAME);
  } catch (cause) {
    if (wasUsed || !(cause instanceof VaultError) || cause.code !== 'not_found') throw cause;
  }
  await makeKey(context);
  return readServerKey(context.place, NAME);
}

async function makeKey({ place, vaultLock, store, clock, actor }: GenerationKeyContext): Promise<void> {
  const entry = (outcome: EntryDraft['outcome']) => ({ action: 'server.key_made', actor, subject: NAME, outcome });
  const lock = await openExclusiveLock(vaultLock);
  try {
    await store.appendAudit(entry('intent'));
    await addServerKey(place, NAME, { lock, createdMs: clock.nowMs(), by: actor });
    await store.appendAudit(entry('done'));
  } finally {
    await lock.close();
  }
}
