import { loadSodium } from '../../lib/crypto/sodium.js';

/** How often these bytes occur anywhere in libsodium's memory. */
export async function copiesInSodium(bytes: Uint8Array): Promise<number> {
  const heap = Buffer.from((await loadSodium()).HEAPU8.buffer);
  let copies = 0;
  for (let at = heap.indexOf(bytes); at >= 0; at = heap.indexOf(bytes, at + 1)) copies++;
  return copies;
}

/** How many bytes of libsodium's memory aren't zero. */
export async function bytesInSodium(): Promise<number> {
  return (await loadSodium()).HEAPU8.reduce((count, byte) => (byte === 0 ? count : count + 1), 0);
}
