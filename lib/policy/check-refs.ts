import type { KeyName } from '../base/index.js';
import { type Position, ProblemList } from './problems.js';
import type { Stacks } from './stacks.js';
import { keyOfPattern } from './types/watch-secret.js';

/** The part of the vault that is needed here: whether a secret exists. */
export interface SecretCatalog {
  has(key: KeyName): Promise<boolean> | boolean;
}

/**
 * Checks that every secret exists that a tree refers to or watches by its key, in crates that no host gets too (D1). A
 * glob may match nothing yet.
 * @throws PolicyError `invalid_config` naming every place that refers to a missing one
 */
export async function checkRefs(stacks: Stacks, catalog: SecretCatalog): Promise<void> {
  const places = new Map<KeyName, Position[]>();
  const note = (key: KeyName, at: Position) => {
    const known = places.get(key);
    if (known === undefined) places.set(key, [at]);
    else known.push(at);
  };
  const crates = [...stacks.crates.values()];
  for (const { refs } of [...crates, ...stacks.rules]) for (const { key, at } of refs) note(key, at);
  for (const { pattern, at } of crates.flatMap(({ resources }) => resources.flatMap(({ watches }) => watches))) {
    const key = keyOfPattern(pattern);
    if (key !== undefined) note(key, at);
  }
  const problems = new ProblemList();
  for (const [key, missing] of places) {
    if (await catalog.has(key)) continue;
    for (const at of missing) problems.add(at, `there is no secret ${key}`, `vigocli secrets set raw ${key}`);
  }
  problems.throwIfAny();
}
