import { renderParts } from '../compose/render.js';
import { parseTemplate, type SourceScope } from '../compose/template.js';
import type { Position } from '../errors.js';
import { asMap, describe } from './fields.js';
import { MAX_TEXT_LENGTH } from './limits.js';
import type { SourceNode, SourceScalar } from './source-tree.js';
import { isMemberName, isVarName, type Scalar, type VarValue } from './var-value.js';

export interface Var {
  readonly at: Position;
  readonly value: VarValue;
}

export type Vars = ReadonlyMap<string, Var>;

/** Reads the `vars:` of a crate or a rule. A var refers to secrets, but not to other vars. */
export function readVars(node: SourceNode | undefined, scope: SourceScope): Vars {
  const vars = new Map<string, Var>();
  if (node === undefined) return vars;
  for (const { key, keyAt, value } of asMap(node, 'vars', scope.problems)?.entries ?? []) {
    if (!isVarName(key)) {
      scope.problems.add(keyAt, `${JSON.stringify(key)} is not the name of a var`, 'like port or db_host');
      readValue(value, 'a var', scope);
      continue;
    }
    // A var with a problem is still there, so that its uses aren't problems too.
    vars.set(key, { at: keyAt, value: readValue(value, `vars.${key}`, scope) ?? '' });
  }
  return vars;
}

function readValue(node: SourceNode, what: string, scope: SourceScope): VarValue | undefined {
  switch (node.kind) {
    case 'scalar':
      return readScalar(node, what, scope);
    case 'list': {
      const items = node.items.map((item) => readLeaf(item, what, scope));
      return items.filter((item) => item !== undefined);
    }
    case 'map': {
      const members: [string, Scalar][] = [];
      for (const { key, keyAt, value } of node.entries) {
        if (!isMemberName(key)) scope.problems.add(keyAt, `${JSON.stringify(key)} can't be a name inside ${what}`);
        const leaf = readLeaf(value, what, scope);
        if (leaf !== undefined) members.push([key, leaf]);
      }
      return Object.fromEntries(members);
    }
  }
}

function readLeaf(node: SourceNode, what: string, scope: SourceScope): Scalar | undefined {
  if (node.kind === 'scalar') return readScalar(node, what, scope);
  scope.problems.add(node.at, `${what} holds ${describe(node)}`, 'a var is a scalar, or a list or a map of scalars');
  return undefined;
}

function readScalar(node: SourceScalar, what: string, scope: SourceScope): Scalar | undefined {
  const { value } = node;
  if (typeof value === 'string') return readText(node, what, scope);
  if (value === null) {
    scope.problems.add(node.at, `${what} has no value`, 'write "" for an empty text');
  } else if (String(value) !== node.spelling) {
    // 1.10 would become 1.1, and 0644 would become 644.
    scope.problems.add(node.at, `${node.spelling} would become ${value}`, `quote it: "${node.spelling}"`);
  } else {
    return value;
  }
  return undefined;
}

function readText(node: SourceScalar, what: string, scope: SourceScope): string | undefined {
  const template = parseTemplate(node, what, scope);
  const other = template?.parts.find((part) => part.kind === 'var');
  if (template === undefined) return undefined;
  if (other?.kind === 'var') {
    scope.problems.add(other.at, "a var can't refer to another var", 'write {{ vars:: for the text {{ vars.');
    return undefined;
  }
  return renderParts(template, new Map(), scope.problems, { left: MAX_TEXT_LENGTH });
}
