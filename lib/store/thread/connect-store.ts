import type { Worker } from 'node:worker_threads';
import { StoreError } from '../errors.js';
import type { OperationName } from '../operations.js';
import type { Store } from '../store.js';
import { makeStore } from './facade.js';
import { type Answer, type Reply, type Request, unpackError } from './messages.js';

/**
 * The store that a worker serves with `serveStore`. Where the worker can't open the database, every call rejects with
 * the reason. Where it ends, every call under way and every later one rejects with StoreError `unavailable`; whether
 * the former were committed is unknown then.
 */
export function connectStore(worker: Worker): Store {
  const connection = new WorkerConnection(worker);
  return makeStore(
    (name, args) => connection.call(name, args),
    () => connection.close(),
  );
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: StoreError): void;
}

class WorkerConnection {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  readonly #closed: Promise<void>;
  #nextId = 1;
  /** Why no further call is taken. */
  #end: StoreError | undefined;

  constructor(worker: Worker) {
    this.#worker = worker;
    this.#closed = new Promise((resolve) => {
      worker.on('message', (answer: Answer) => {
        if (answer.kind === 'replies') for (const reply of answer.replies) this.#settle(reply);
        else resolve();
        if (answer.kind === 'failed') this.#fail(unpackError(answer.error));
      });
      worker.on('error', (cause) =>
        this.#fail(new StoreError('unavailable', "the database's thread failed", { cause })),
      );
      worker.on('exit', () => {
        this.#fail(new StoreError('unavailable', "the database's thread has ended"));
        resolve();
      });
    });
  }

  async call(name: OperationName, args: readonly unknown[]): Promise<unknown> {
    if (this.#end !== undefined) throw this.#end;
    const id = this.#nextId++;
    this.#send({ id, name, args });
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  async close(): Promise<void> {
    if (this.#end === undefined) {
      this.#end = new StoreError('unavailable', 'the store is closed');
      // Messages keep their order, so that the worker closes behind all calls that are under way.
      this.#send('close');
    }
    await this.#closed;
  }

  #send(request: Request): void {
    this.#worker.postMessage(request);
  }

  #settle(reply: Reply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (reply.ok) waiting?.resolve(reply.value);
    else waiting?.reject(unpackError(reply.error));
  }

  #fail(error: StoreError): void {
    this.#end ??= error;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
