import type { ProblemList } from '../problems.js';
import type { SourceEntry, SourceList, SourceMap, SourceNode } from './source-tree.js';

/** The entries of a map by name; a name that isn't known is a problem. */
export function readFields(
  map: SourceMap,
  what: string,
  known: readonly string[],
  problems: ProblemList,
): ReadonlyMap<string, SourceEntry> {
  const fields = new Map<string, SourceEntry>();
  for (const entry of map.entries) {
    if (known.includes(entry.key)) fields.set(entry.key, entry);
    else problems.add(entry.keyAt, `${what} has no ${JSON.stringify(entry.key)}`, `it takes ${known.join(', ')}`);
  }
  return fields;
}

/** A field that must be there. */
export function requireField(
  map: SourceMap,
  name: string,
  what: string,
  problems: ProblemList,
): SourceNode | undefined {
  const value = map.entries.find(({ key }) => key === name)?.value;
  if (value === undefined && !map.isBroken) problems.add(map.at, `${what} needs ${name}`);
  return value;
}

export function asMap(node: SourceNode, what: string, problems: ProblemList): SourceMap | undefined {
  if (node.kind === 'map') return node;
  if (!isBroken(node)) problems.add(node.at, `${what} is a map, not ${describe(node)}`);
  return undefined;
}

export function asList(node: SourceNode, what: string, problems: ProblemList): SourceList | undefined {
  if (node.kind === 'list') return node;
  if (!isBroken(node)) problems.add(node.at, `${what} is a list, not ${describe(node)}`);
  return undefined;
}

/** Whether a list or a map may be one only because something in it isn't YAML. */
export function isBroken(node: SourceNode): boolean {
  return node.kind !== 'scalar' && node.isBroken;
}

export function describe(node: SourceNode): string {
  if (node.kind !== 'scalar') return `a ${node.kind}`;
  if (node.value === null) return 'nothing';
  return typeof node.value === 'string' ? 'a text' : `the ${typeof node.value} ${node.spelling}`;
}
