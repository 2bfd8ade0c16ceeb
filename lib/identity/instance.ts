import { randomBytes } from '../crypto/index.js';
import { INSTANCE_BYTES } from '../wire/index.js';

/**
 * Draws the id of this server process: 16 random bytes, in memory only. Requests are signed for one instance, so that
 * none of them is worth anything after a restart, at another server, or beside a restored database (T2).
 */
export function createInstance(): Uint8Array {
  return randomBytes(INSTANCE_BYTES);
}
