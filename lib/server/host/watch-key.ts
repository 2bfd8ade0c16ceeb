import type { Secret } from '../../base/index.js';
import { addWatchKey, readServerKey, VaultError } from '../../vault/index.js';
import { type KeyMaking, makeKey } from './make-key.js';

const NAME = 'watch';

/**
 * The key of the marks by which envoys notice that a watched secret changed; 32 bytes. It stays the same when the policy
 * key is replaced. A host from before it was stored gets it here, as it was derived at each start.
 * @param policyKey the name of the policy key that counts
 * @throws VaultError
 */
export async function openWatchKey(making: KeyMaking, policyKey: string): Promise<Secret<Uint8Array>> {
  try {
    return await readServerKey(making.place, NAME);
  } catch (cause) {
    if (!(cause instanceof VaultError) || cause.code !== 'not_found') throw cause;
  }
  await makeKey(making, NAME, (change) => addWatchKey(making.place, policyKey, change));
  return readServerKey(making.place, NAME);
}
