import { decodeEntry } from '../../audit/index.js';
import type { Store } from '../../store/index.js';

/** Where the log goes on from an earlier state that was put back. What it held since that state is lost. */
export interface Restore {
  readonly seq: number;
  /** When it was entered: at once by `vigocli restore`, and when an envoy proved it where the database alone was put back. */
  readonly atMs: number;
}

const ACTIONS = ['backup.restored', 'database.restored'] as const;
/** The newest of each. */
const LIMIT = 100;

/** The oldest first. */
export async function listRestores(store: Pick<Store, 'listAudit'>): Promise<Restore[]> {
  const lists = await Promise.all(ACTIONS.map((action) => store.listAudit({ action, limit: LIMIT })));
  return lists
    .flat()
    .map(({ seq, bytes }) => ({ seq, atMs: decodeEntry(bytes).at }))
    .sort((a, b) => a.seq - b.seq);
}
