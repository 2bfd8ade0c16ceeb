import { type HostGlob, type HostName, matchesGlob, parseHostGlob } from '../../base/index.js';
import { newScope, parseLiteral, type RefUse, type SourceScope } from '../compose/template.js';
import type { Position } from '../errors.js';
import type { ProblemList } from '../problems.js';
import { asList, asMap, readFields, requireField } from './fields.js';
import type { SourceMap, SourceNode } from './source-tree.js';
import { readVars, type Vars } from './vars.js';

/** One rule of `envoys.vgo`: which hosts get which configcrates. */
export interface EnvoyRule {
  readonly match: HostGlob;
  readonly at: Position;
  readonly configcrates: readonly { readonly name: string; readonly at: Position }[];
  /** In place of the crates' vars of the same name. */
  readonly vars: Vars;
  readonly refs: readonly RefUse[];
}

/** The pattern of a rule that has none; no name fits it. */
const NO_HOST = '' as HostGlob;

/** The first rule that matches. The name is the one that was fixed at enrollment, nothing that a host reports (D0). */
export function matchRule(rules: readonly EnvoyRule[], host: HostName): EnvoyRule | undefined {
  return rules.find(({ match }) => matchesGlob(match, host));
}

/** Reads the YAML document with `envoys:`. */
export function readEnvoyRules(document: SourceMap, problems: ProblemList): readonly EnvoyRule[] {
  readFields(document, 'envoys.vgo', ['envoys'], problems);
  const node = requireField(document, 'envoys', 'envoys.vgo', problems);
  const items = node && asList(node, 'envoys', problems)?.items;
  const rules: EnvoyRule[] = [];
  for (const item of items ?? []) {
    const map = asMap(item, 'a rule', problems);
    if (map !== undefined) rules.push(readRule(map, problems));
  }
  return rules;
}

function readRule(map: SourceMap, problems: ProblemList): EnvoyRule {
  const scope = newScope(problems);
  const fields = readFields(map, 'a rule', ['match', 'configcrates', 'vars'], problems);
  const matchNode = requireField(map, 'match', 'a rule', problems);
  const pattern = matchNode && parseLiteral(matchNode, 'match', scope);
  const match = matchNode && pattern !== undefined && problems.attempt(matchNode.at, () => parseHostGlob(pattern));
  const list = requireField(map, 'configcrates', 'a rule', problems);
  const configcrates = list ? readCrateNames(list, scope) : [];
  const vars = readVars(fields.get('vars')?.value, scope);
  // Without a pattern it is a problem that was reported, and its crates and vars are looked at all the same.
  return { match: match || NO_HOST, at: map.at, configcrates, vars, refs: scope.refs };
}

function readCrateNames(node: SourceNode, scope: SourceScope): EnvoyRule['configcrates'] {
  const names = new Map<string, { name: string; at: Position }>();
  for (const item of asList(node, 'configcrates', scope.problems)?.items ?? []) {
    const name = parseLiteral(item, 'the name of a configcrate', scope);
    if (name === undefined) continue;
    if (names.has(name)) scope.problems.add(item.at, `${JSON.stringify(name)} stands here twice`);
    names.set(name, { name, at: item.at });
  }
  return [...names.values()];
}
