import { MAX_BODY_BYTES, MAX_REFS, MAX_WATCHES } from '../../wire/index.js';
import { actionsOf, type ResourceGuard } from '../body/actions.js';
import { type CrateBody, encodeBody, type PolicyBody, refsOf, watchersOf } from '../body/body.js';
import type { ProblemList } from '../problems.js';
import type { AttributeSource, Crate, ResourceSource } from '../source/crate.js';
import type { EnvoyRule } from '../source/envoy-rules.js';
import { leavesOf } from '../source/var-value.js';
import type { Vars } from '../source/vars.js';
import type { Attribute, AttributeValue } from '../types/attribute.js';
import { attributesOf, examineResource, type Resource } from '../types/registry.js';
import { refuseSecrets, renderList, renderParts, type TextBudget, type VarValues } from './render.js';

/** Everything that happens while a body is put together. */
interface Composition {
  readonly problems: ProblemList;
  readonly guard: ResourceGuard | undefined;
  readonly budget: TextBudget;
  /** Which resource manages a path: two would undo each other's work at every run. */
  readonly owners: Map<string, string>;
  /** Whether vars of the crate may stand in what couldn't be read. */
  readonly lacksVars: boolean;
}

/** Puts together what the hosts of one rule get, with its vars filled in. Every problem lands in `problems`. */
export function composeBody(
  rule: EnvoyRule,
  crates: ReadonlyMap<string, Crate>,
  problems: ProblemList,
  guard?: ResourceGuard,
): PolicyBody {
  const composition = newComposition(problems, guard);
  const members = rule.configcrates.flatMap(({ name }) => crates.get(name) ?? []);
  const body: PolicyBody = { v: 1, configcrates: members.map((crate) => composeCrate(crate, rule.vars, composition)) };
  if (refsOf(body).size > MAX_REFS) {
    problems.add(rule.at, `the hosts of ${rule.match} would need more than ${MAX_REFS} secrets`);
  }
  if (watchersOf(body).length > MAX_WATCHES) {
    problems.add(rule.at, `the hosts of ${rule.match} would have more than ${MAX_WATCHES} resources with watch_secret`);
  }
  if (composition.budget.left < 0 || encodeBody(body).length > MAX_BODY_BYTES) {
    problems.add(rule.at, `the config for the hosts of ${rule.match} has more than ${MAX_BODY_BYTES} bytes`);
  }
  return body;
}

/** Finds the problems of a crate that no rule uses yet. */
export function checkCrate(crate: Crate, problems: ProblemList, guard?: ResourceGuard): void {
  composeCrate(crate, new Map(), newComposition(problems, guard));
}

function newComposition(problems: ProblemList, guard: ResourceGuard | undefined): Composition {
  return { problems, guard, budget: { left: MAX_BODY_BYTES }, owners: new Map(), lacksVars: false };
}

function composeCrate(crate: Crate, overrides: Vars, composition: Composition): CrateBody {
  const entries = [...crate.vars].map(([name, own]) => [name, (overrides.get(name) ?? own).value] as const);
  for (const leaf of entries.flatMap(([, value]) => leavesOf(value))) composition.budget.left -= String(leaf).length;
  const vars = new Map(entries);
  const ofCrate = { ...composition, lacksVars: crate.isBroken };
  const resources = crate.resources.flatMap((source) => composeResource(source, vars, crate, ofCrate) ?? []);
  return { name: crate.name, vars: Object.fromEntries(vars), resources };
}

function composeResource(
  source: ResourceSource,
  vars: VarValues,
  crate: Crate,
  composition: Composition,
): Resource | undefined {
  const { problems, guard, owners } = composition;
  const placeOf = (attribute: string) => source.attributes.get(attribute)?.at ?? source.at;
  const schema: Readonly<Record<string, Attribute>> = attributesOf(source.type);
  const values = new Map<string, AttributeValue | undefined>();
  for (const [name, attribute] of source.attributes) {
    const rule = schema[name];
    if (rule !== undefined) values.set(name, composeAttribute(name, attribute, rule, vars, composition));
  }
  const patterns = source.watches.map(({ pattern }) => pattern);
  if (patterns.length > 0) values.set('watch_secret', patterns);
  const { resource, given } = examineResource(source.type, source.name, values, (attribute, message, hint) => {
    if (attribute !== undefined) problems.add(placeOf(attribute), message, hint);
    else if (!source.isBroken) problems.add(source.at, message, hint);
  });
  // Also where something else is wrong with the resource, so that all of it is found at once.
  for (const action of actionsOf(given)) {
    for (const { message, hint } of guard?.inspect(action) ?? []) {
      problems.add(placeOf(action.attribute), message, hint);
    }
  }
  if (given.type !== 'exec' && given.path !== undefined) {
    const owner = owners.get(given.path);
    if (owner !== undefined) problems.add(placeOf('path'), `${given.path} is managed by ${owner} already`);
    owners.set(given.path, `${crate.name}/${source.name}`);
  }
  return resource;
}

function composeAttribute(
  name: string,
  { value }: AttributeSource,
  { takesList, secretsRefused }: Attribute,
  vars: VarValues,
  { problems, budget, lacksVars }: Composition,
): AttributeValue | undefined {
  if (value === undefined) return undefined;
  const templates = 'parts' in value ? [value] : value;
  const used = templates.flatMap(({ parts }) => parts.flatMap((part) => (part.kind === 'var' ? [part.name] : [])));
  if (lacksVars && !used.every((name) => vars.has(name))) return undefined;
  const refused = templates.map((template) => {
    return secretsRefused !== undefined && refuseSecrets(name, secretsRefused, template, vars, problems);
  });
  const list = 'parts' in value && takesList ? renderList(value, vars) : undefined;
  const words = list ?? templates.map((template) => renderParts(template, vars, problems, budget));
  if (refused.includes(true)) return undefined;
  const sound = words.filter((word) => word !== undefined);
  if (sound.length < words.length) return undefined;
  return 'parts' in value && list === undefined ? sound[0] : sound;
}
