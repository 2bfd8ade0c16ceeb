import { Engine, type StoreOptions } from './engine.js';
import { StoreError } from './errors.js';
import type { Store } from './store.js';
import { makeStore } from './thread/facade.js';

/**
 * Opens the database in this thread, for programs that do one thing and end. Makes it where there is none.
 * @throws StoreError `driver_missing`, `newer_schema`, `foreign_database`, `busy`, `corrupt`, `unavailable`
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  let engine: Engine | undefined = await Engine.open(options);
  return makeStore(
    async (name, args) => {
      if (engine === undefined) throw new StoreError('unavailable', 'the store is closed');
      const [result] = engine.run([{ name, args }]);
      if (result?.ok) return result.value;
      throw result?.error;
    },
    async () => {
      engine?.close();
      engine = undefined;
    },
  );
}
