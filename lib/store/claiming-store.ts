import type { Claim } from '../base/index.js';
import type { Store } from './store.js';
import type { EntryDraft } from './tables/audit-log.js';

/**
 * Returns a store that adds to each entry which person is claimed to be behind it.
 * @param claim asked at each call; undefined where nothing is claimed
 */
export function claimingStore(store: Store, claim: () => Claim | undefined): Store {
  const claiming = Object.entries(store).map(([name, operation]) => [
    name,
    (...args: readonly unknown[]) => {
      const claimedBy = claim();
      const draft = args.at(-1);
      const full = claimedBy !== undefined && isDraft(draft) ? [...args.slice(0, -1), { ...draft, claimedBy }] : args;
      return (operation as (...args: readonly unknown[]) => unknown)(...full);
    },
  ]);
  return Object.fromEntries(claiming) as Store;
}

/** Whether the last argument of an operation is the entry that it is recorded by. */
export function isDraft(value: unknown): value is EntryDraft {
  return typeof value === 'object' && value !== null && 'action' in value && 'actor' in value && 'outcome' in value;
}
