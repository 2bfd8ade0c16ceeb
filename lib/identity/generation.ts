import { ByteReader, concatBytes, type EnvoyId, encodeCanonical, u64 } from '../base/index.js';
import { constantTimeEqual, loadHmacSha256 } from '../crypto/index.js';

const COUNTER_BYTES = 8;

/**
 * Makes and reads generations: a counter that rises for one envoy, under a MAC that only the server can make. So what an
 * envoy quotes is what a server of this fleet handed it, whatever a restored database still knows of it.
 */
export interface GenerationSeal {
  /** @returns 40 bytes: `counter u64 | HMAC-SHA-256 32` */
  seal(envoyId: EnvoyId, counter: number): Uint8Array;
  /** @returns the counter; undefined where the server never handed this to that envoy. */
  open(envoyId: EnvoyId, generation: Uint8Array): number | undefined;
}

/** @param key 32 bytes, the server's own; not copied, so that it must live as long as the seal. */
export async function loadGenerationSeal(key: Uint8Array): Promise<GenerationSeal> {
  const hmac = await loadHmacSha256();
  const macOf = (envoyId: EnvoyId, counter: Uint8Array) =>
    hmac.mac(key, encodeCanonical('vigo/generation/v1', envoyId, counter));

  /** What each envoy quoted last and its counter: the same one comes with each of its requests for an hour. */
  const opened = new Map<EnvoyId, { generation: Uint8Array; counter: number }>();

  return {
    seal(envoyId, counter) {
      const bytes = u64(counter);
      return concatBytes(bytes, macOf(envoyId, bytes));
    },
    open(envoyId, generation) {
      const known = opened.get(envoyId);
      if (known !== undefined && constantTimeEqual(known.generation, generation)) return known.counter;
      const bytes = generation.subarray(0, COUNTER_BYTES);
      // The MAC first: what the server didn't make isn't looked at.
      if (!constantTimeEqual(macOf(envoyId, bytes), generation.subarray(COUNTER_BYTES))) return undefined;
      const counter = new ByteReader(bytes).u64();
      opened.set(envoyId, { generation: Uint8Array.from(generation), counter });
      return counter;
    },
  };
}
