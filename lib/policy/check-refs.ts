import type { KeyName } from '../base/index.js';
import { type Position, ProblemList } from './problems.js';
import type { Stacks } from './stacks.js';

/** The part of the vault that is needed here: whether a secret exists. */
export interface SecretCatalog {
  has(key: KeyName): Promise<boolean> | boolean;
}

/**
 * Checks that every secret exists that a tree refers to, in crates that no host gets too (D1).
 * @throws PolicyError `invalid_config` naming every place that refers to a missing one
 */
export async function checkRefs(stacks: Stacks, catalog: SecretCatalog): Promise<void> {
  const places = new Map<KeyName, Position[]>();
  for (const { refs } of [...stacks.crates.values(), ...stacks.rules]) {
    for (const { key, at } of refs) {
      const known = places.get(key);
      if (known === undefined) places.set(key, [at]);
      else known.push(at);
    }
  }
  const problems = new ProblemList();
  for (const [key, missing] of places) {
    if (await catalog.has(key)) continue;
    for (const at of missing) problems.add(at, `there is no secret ${key}`, `vigocli secrets set raw ${key}`);
  }
  problems.throwIfAny();
}
