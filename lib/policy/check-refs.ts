import type { KeyName } from '../base/index.js';
import type { EnvoyRule } from './envoy-rules.js';
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
  const problems = new ProblemList();
  for (const [key, missing] of refPlaces(stacks)) {
    if (await catalog.has(key)) continue;
    for (const at of missing) problems.add(at, `there is no secret ${key}`, `vigocli secrets set raw ${key}`);
  }
  problems.throwIfAny();
}

/** Every key that a tree refers to, or watches by its name, with all the places where it does. */
export function refPlaces({ crates, rules }: Stacks): Map<KeyName, Position[]> {
  const places = new Map<KeyName, Position[]>();
  const note = (key: KeyName, at: Position) => {
    const known = places.get(key);
    if (known === undefined) places.set(key, [at]);
    else known.push(at);
  };
  for (const { refs } of [...crates.values(), ...rules]) for (const { key, at } of refs) note(key, at);
  const resources = [...crates.values()].flatMap(({ resources }) => resources);
  for (const { pattern, at } of resources.flatMap(({ watches }) => watches)) {
    const key = keyOfPattern(pattern);
    if (key !== undefined) note(key, at);
  }
  return places;
}

/** The keys that hosts of this rule may be handed, all in one answer. */
export function refsOfRule({ crates }: Stacks, rule: EnvoyRule): ReadonlySet<KeyName> {
  const sources = [rule, ...rule.configcrates.flatMap(({ name }) => crates.get(name) ?? [])];
  return new Set(sources.flatMap(({ refs }) => refs.map(({ key }) => key)));
}
