import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { loadAuditChain } from '../../audit/index.js';
import { systemClock } from '../../base/index.js';
import { connectStore, type Store, serveStore } from '../../store/index.js';
import { ServerError } from '../errors.js';

const ROLE = 'vigo/store';

/**
 * Opens the database in a thread of its own, so that no event loop waits for a disk or for another process. The thread
 * starts from the same file as the program: a bundle is one file.
 */
export function openStoreThread(path: string): Store {
  return connectStore(new Worker(new URL(import.meta.url), { workerData: { role: ROLE, path } }));
}

async function runStoreThread(path: string): Promise<void> {
  if (parentPort === null) throw new ServerError('bad_request', 'the store thread has no parent');
  await serveStore({ port: parentPort, path, chain: await loadAuditChain(), clock: systemClock });
}

if (!isMainThread && workerData?.role === ROLE) await runStoreThread(workerData.path as string);
