import type { Clock } from '../../base/index.js';
import { type EntryDraft, openExclusiveLock, type Store } from '../../store/index.js';
import type { ServerKeyChange, VaultPlace } from '../../vault/index.js';

export interface KeyMaking {
  readonly place: VaultPlace;
  /** The file that every writer of the vault locks. */
  readonly vaultLock: string;
  readonly store: Store;
  readonly clock: Clock;
  readonly actor: string;
}

/** Makes a key of the server that an earlier version of Vigo didn't have, under the vault's lock, and says so in the audit log. */
export async function makeKey(
  { vaultLock, store, clock, actor }: KeyMaking,
  name: string,
  make: (change: ServerKeyChange) => Promise<void>,
): Promise<void> {
  const entry = (outcome: EntryDraft['outcome']) => ({ action: 'server.key_made', actor, subject: name, outcome });
  const lock = await openExclusiveLock(vaultLock);
  try {
    await store.appendAudit(entry('intent'));
    await make({ lock, createdMs: clock.nowMs(), by: actor });
    await store.appendAudit(entry('done'));
  } finally {
    await lock.close();
  }
}
