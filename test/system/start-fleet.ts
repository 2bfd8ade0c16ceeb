import { fileURLToPath } from 'node:url';
import type { Test } from 'tap';
import { ThrowAwayFleet } from './fleet.js';

const DIST = fileURLToPath(new URL('../../dist', import.meta.url));

/** A fleet for the time of a test. */
export async function startFleet(t: Test, env: Record<string, string> = {}): Promise<ThrowAwayFleet> {
  const fleet = await ThrowAwayFleet.start(DIST, env);
  t.teardown(() => fleet.stop());
  return fleet;
}
