import type { Secret } from '../../base/index.js';
import { addServerKey, readServerKey, VaultError } from '../../vault/index.js';
import { type KeyMaking, makeKey } from './make-key.js';

const NAME = 'generation';

/**
 * The key of the generations, which no database holds: who restores one can neither make a generation nor forget which
 * are true. A host from before there were generations gets its key here.
 * @param wasUsed whether an envoy holds a generation already: another key would make clones of the whole fleet
 * @throws VaultError; `not_found` where a key that was used is gone
 */
export async function openGenerationKey(making: KeyMaking, wasUsed: boolean): Promise<Secret<Uint8Array>> {
  try {
    return await readServerKey(making.place, NAME);
  } catch (cause) {
    if (wasUsed || !(cause instanceof VaultError) || cause.code !== 'not_found') throw cause;
  }
  await makeKey(making, NAME, (change) => addServerKey(making.place, NAME, change));
  return readServerKey(making.place, NAME);
}
