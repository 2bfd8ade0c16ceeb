import { type OperationName, operationModes } from '../operations.js';
import type { Store } from '../store.js';

/** Makes the store's interface of one function that carries out a call wherever the database is. */
export function makeStore(
  call: (name: OperationName, args: readonly unknown[]) => Promise<unknown>,
  close: () => Promise<void>,
): Store {
  const operations = Object.keys(operationModes).map((name) => [
    name,
    (...args: readonly unknown[]) => call(name as OperationName, args),
  ]);
  return { ...(Object.fromEntries(operations) as Omit<Store, 'close'>), close };
}
