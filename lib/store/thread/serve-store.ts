import type { MessagePort } from 'node:worker_threads';
import { Engine, type Result, type StoreOptions } from '../engine.js';
import { toStoreError } from '../errors.js';
import { type Answer, packError, type Request, toReply } from './messages.js';

/** More would make the first ones of a batch wait too long. */
const MAX_BATCH = 256;

/**
 * Serves the database to the other end of `port`, from a thread that nobody waits for: call it in a worker with its
 * `parentPort`. Calls that arrived together are committed together, since what costs time is the disk's flush.
 * Where the database can't be opened, every call of the other end gets that error.
 */
export async function serveStore({ port, ...options }: StoreOptions & { readonly port: MessagePort }): Promise<void> {
  const answer = (message: Answer) => port.postMessage(message);
  let engine: Engine;
  try {
    engine = await Engine.open(options);
  } catch (error) {
    answer({ kind: 'failed', error: packError(toStoreError(error)) });
    port.close();
    return;
  }

  const queue: Request[] = [];
  const work = () => {
    // Up to the request to close, which comes behind all calls that are still to be answered.
    const end = queue.findIndex((request, i) => request === 'close' || i === MAX_BATCH);
    const batch = queue.splice(0, end < 0 ? queue.length : end).filter((request) => request !== 'close');
    if (batch.length > 0) {
      const results = engine.run(batch);
      answer({ kind: 'replies', replies: batch.map(({ id }, i) => toReply(id, results[i] as Result)) });
    }
    if (queue[0] === 'close') {
      engine.close();
      answer({ kind: 'closed' });
      port.close();
    } else if (queue.length > 0) {
      setImmediate(work);
    }
  };
  // An immediate runs once all messages that are there have been taken in: these are the batch.
  port.on('message', (request: Request) => {
    if (queue.push(request) === 1) setImmediate(work);
  });
}
