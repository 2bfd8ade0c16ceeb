import { type HostName, type KeyName, type Secret, VigoError } from '../base/index.js';
import { MAX_BUNDLE_SECRET_BYTES } from '../wire/index.js';
import type { PolicyProblem, Position } from './errors.js';
import { ProblemList } from './problems.js';
import { type EnvoyRule, matchRule } from './source/envoy-rules.js';
import type { Stacks } from './source/parsed-stacks.js';
import { keyOfPattern } from './types/watch-secret.js';

/** Where secrets are opened: the part of the vault that is needed here. */
export interface SecretSource {
  /** @throws VigoError, of kind `not_found` for a secret that is missing */
  open(key: KeyName): Promise<{ readonly version: number; readonly value: Secret<Uint8Array> }>;
}

export interface SecretsCheck {
  readonly secrets: SecretSource;
  /** The newest version of each secret that the server has seen. */
  readonly seenVersions: ReadonlyMap<KeyName, number>;
}

/**
 * Opens every secret that a tree refers to or watches by its key, once each, also those of crates that no host gets (D1).
 * A glob may match nothing yet.
 * @returns a problem at every place that refers to a secret that is missing, that can't be opened or that is older than
 * one that was seen, and at every rule whose secrets are too large for one answer
 */
export async function checkSecrets(stacks: Stacks, check: SecretsCheck): Promise<readonly PolicyProblem[]> {
  const problems = new ProblemList();
  const sizes = new Map<KeyName, number>();
  for (const [key, places] of refPlaces(stacks)) {
    const found = await measure(key, check);
    if ('bytes' in found) sizes.set(key, found.bytes);
    else for (const at of places) problems.add(at, found.problem, found.hint);
  }
  for (const rule of stacks.rules) {
    const bytes = [...refsOfRule(stacks, rule)].reduce((sum, key) => sum + (sizes.get(key) ?? 0), 0);
    if (bytes <= MAX_BUNDLE_SECRET_BYTES) continue;
    const hint = `an envoy is handed at most ${MAX_BUNDLE_SECRET_BYTES} bytes at once`;
    problems.add(rule.at, `the secrets for ${rule.match} have ${bytes} bytes together`, hint);
  }
  return problems.sorted();
}

async function measure(
  key: KeyName,
  { secrets, seenVersions }: SecretsCheck,
): Promise<{ bytes: number } | { problem: string; hint: string | undefined }> {
  try {
    const { version, value } = await secrets.open(key);
    const { length } = value.expose();
    value.dispose();
    const seen = seenVersions.get(key) ?? 0;
    if (version >= seen) return { bytes: length };
    // The server refuses to hand it out.
    return {
      problem: `${key} has version ${version}, but there was a version ${seen}`,
      hint: `an older file took its place: vigocli secrets set raw ${key}`,
    };
  } catch (error) {
    if (!(error instanceof VigoError)) throw error;
    if (error.kind !== 'not_found') return { problem: error.message, hint: error.hint };
    return { problem: `there is no secret ${key}`, hint: `vigocli secrets set raw ${key}` };
  }
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

/** Who needs a secret. */
export interface SecretUse {
  /** The configcrates that refer to it or watch it by its key, sorted. */
  readonly configcrates: readonly string[];
  /** Whether a var of a rule refers to it. */
  readonly isInRules: boolean;
  /** How many of the hosts get one of these. */
  readonly hosts: number;
}

/** Finds who needs a secret under this config. @returns undefined where nothing in it names the secret */
export function useOf(stacks: Stacks, key: KeyName, hosts: readonly HostName[]): SecretUse | undefined {
  const configcrates = [...stacks.crates.values()]
    .filter(({ refs, resources }) => {
      const watched = resources.flatMap(({ watches }) => watches.map(({ pattern }) => keyOfPattern(pattern)));
      return refs.some((ref) => ref.key === key) || watched.includes(key);
    })
    .map(({ name }) => name)
    .sort();
  const rules = stacks.rules.filter(({ refs }) => refs.some((ref) => ref.key === key));
  if (configcrates.length === 0 && rules.length === 0) return undefined;
  const needs = (host: HostName) => {
    const rule = matchRule(stacks.rules, host);
    return (
      rule !== undefined && (rules.includes(rule) || rule.configcrates.some(({ name }) => configcrates.includes(name)))
    );
  };
  return { configcrates, isInRules: rules.length > 0, hosts: hosts.filter(needs).length };
}
