import { type HostGlob, type HostName, matchesGlob, parseHostGlob } from '../base/index.js';
import { asList, asMap, readFields, requireField } from './fields.js';
import type { Position, ProblemList } from './problems.js';
import type { SourceMap, SourceNode } from './source-tree.js';
import { parseLiteral, type RefUse, type SourceScope } from './template.js';
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

/** The first rule that matches. The name is the one that was fixed at enrollment, nothing that a host reports (D0). */
export function matchRule(rules: readonly EnvoyRule[], host: HostName): EnvoyRule | undefined {
  return rules.find(({ match }) => matchesGlob(match, host));
}

/** Reads the YAML document with `envoys:`. */
export function readEnvoyRules(document: SourceMap, problems: ProblemList): readonly EnvoyRule[] {
  const fields = readFields(document, 'envoys.vgo', ['envoys'], problems);
  const node = requireField(fields, 'envoys', 'envoys.vgo', document.at, problems);
  const items = node && asList(node, 'envoys', problems)?.items;
  const rules: EnvoyRule[] = [];
  for (const item of items ?? []) {
    const map = asMap(item, 'a rule', problems);
    const rule = map && readRule(map, problems);
    if (rule === undefined) continue;
    const earlier = rules.find(({ match }) => match === rule.match);
    if (earlier !== undefined) {
      problems.add(rule.at, `the rule for ${rule.match} is never reached`, `line ${earlier.at.line} comes first`);
    }
    rules.push(rule);
  }
  return rules;
}

function readRule(map: SourceMap, problems: ProblemList): EnvoyRule | undefined {
  const scope: SourceScope = { problems, refs: [] };
  const fields = readFields(map, 'a rule', ['match', 'configcrates', 'vars'], problems);
  const matchNode = requireField(fields, 'match', 'a rule', map.at, problems);
  const pattern = matchNode && parseLiteral(matchNode, 'match', scope);
  const match = matchNode && pattern !== undefined && problems.attempt(matchNode.at, () => parseHostGlob(pattern));
  const list = requireField(fields, 'configcrates', 'a rule', map.at, problems);
  const configcrates = list ? readCrateNames(list, scope) : [];
  const vars = readVars(fields.get('vars')?.value, scope);
  return match ? { match, at: map.at, configcrates, vars, refs: scope.refs } : undefined;
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
