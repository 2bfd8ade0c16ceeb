import { randomFillSync } from 'node:crypto';
import { fillBytes } from '../base/index.js';
import { requireBytes, requireRange } from './size.js';

const POOL_BYTES = 4096;
const MAX_POOLED_BYTES = 256;

const pool = new Uint8Array(POOL_BYTES);
let used = POOL_BYTES;

/**
 * Random bytes from the platform's CSPRNG. One call of it costs 2 µs whether it gives 12 bytes or 4096, so short
 * requests (nonces, salts, keys) are cut from a pool that is drawn in bulk; what was handed out is erased from it.
 * @param length 0 to 2^31 − 1 bytes
 * @throws CryptoError `bad_size`
 */
export function randomBytes(length: number): Uint8Array {
  requireRange('the number of random bytes', length, 0, 2 ** 31 - 1);
  const bytes = new Uint8Array(length);
  if (length <= MAX_POOLED_BYTES) takeFromPool(bytes);
  else randomFillSync(bytes);
  return bytes;
}

/**
 * Overwrites buffers with zeros. Copies that the garbage collector moved earlier are out of reach.
 * @throws CryptoError `bad_size` for what is no Uint8Array, or was transferred away: its bytes stand elsewhere.
 */
export function wipe(...buffers: readonly Uint8Array[]): void {
  for (const buffer of buffers) {
    requireBytes('what is wiped', buffer);
    fillBytes(buffer, 0);
  }
}

function takeFromPool(bytes: Uint8Array): void {
  if (used + bytes.length > POOL_BYTES) {
    randomFillSync(pool);
    used = 0;
  }
  // A loop, because for so few bytes it takes half the time of subarray, set and fill.
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] = pool[used] as number;
    pool[used++] = 0;
  }
}
