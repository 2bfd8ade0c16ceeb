import { readWatches, type WatchUse } from '../body/watch-use.js';
import {
  type Lookalike,
  newScope,
  parseLiteral,
  parseTemplate,
  type RefUse,
  type SourceScope,
  type Template,
} from '../compose/template.js';
import type { Position } from '../errors.js';
import type { ProblemList } from '../problems.js';
import type { Attribute } from '../types/attribute.js';
import { attributesOf, isResourceTypeName, type ResourceTypeName, resourceTypeNames } from '../types/registry.js';
import { asList, asMap, readFields, requireField } from './fields.js';
import { isCrateName, isResourceName } from './names.js';
import type { SourceMap, SourceNode } from './source-tree.js';
import { readVars, type Vars } from './vars.js';

/** A configcrate as the operator wrote it. */
export interface Crate {
  readonly name: string;
  readonly at: Position;
  readonly vars: Vars;
  readonly resources: readonly ResourceSource[];
  /** Whether part of it isn't YAML and is therefore missing here. */
  readonly isBroken: boolean;
  /** Every ref in the crate's text: what its resources may ask for, and nothing else (D4). */
  readonly refs: readonly RefUse[];
  readonly lookalikes: readonly Lookalike[];
}

export interface ResourceSource {
  /** Empty where a problem with it was reported. */
  readonly name: string;
  readonly type: ResourceTypeName;
  readonly at: Position;
  readonly isBroken: boolean;
  readonly attributes: ReadonlyMap<string, AttributeSource>;
  /** What `watch_secret` names; it entitles to nothing. */
  readonly watches: readonly WatchUse[];
}

export interface AttributeSource {
  readonly at: Position;
  /** Undefined where a problem with it was reported. */
  readonly value: Template | readonly Template[] | undefined;
}

const FIELDS = ['configcrate', 'vars', 'resources'];

/** Reads a YAML document with `configcrate:`. */
export function readCrate(document: SourceMap, problems: ProblemList): Crate | undefined {
  const scope = newScope(problems);
  const fields = readFields(document, 'a configcrate', FIELDS, problems);
  const nameNode = requireField(document, 'configcrate', 'a crate', problems);
  const name = nameNode && parseLiteral(nameNode, 'the name of a configcrate', scope);
  if (nameNode !== undefined && name !== undefined && !isCrateName(name)) {
    const hint = 'lower-case letters, digits, dots, dashes and underscores';
    problems.add(nameNode.at, `${JSON.stringify(name)} is not the name of a configcrate`, hint);
  }
  const vars = readVars(fields.get('vars')?.value, scope);
  const resources = readResources(fields.get('resources')?.value, scope);
  const { at, isBroken } = document;
  return name === undefined
    ? undefined
    : { name, at, vars, resources, isBroken, refs: scope.refs, lookalikes: scope.lookalikes };
}

function readResources(node: SourceNode | undefined, scope: SourceScope): readonly ResourceSource[] {
  if (node === undefined) return [];
  const resources: ResourceSource[] = [];
  const named = new Map<string, ResourceSource>();
  for (const item of asList(node, 'resources', scope.problems)?.items ?? []) {
    const map = asMap(item, 'a resource', scope.problems);
    const resource = map && readResourceSource(map, scope);
    if (resource === undefined) continue;
    resources.push(resource);
    const { name, at } = resource;
    const earlier = name === '' ? undefined : named.get(name);
    if (earlier === undefined) named.set(name, resource);
    else scope.problems.add(at, `the resource ${name} is declared twice`, `also in line ${earlier.at.line}`);
  }
  return resources;
}

function readResourceSource(map: SourceMap, scope: SourceScope): ResourceSource | undefined {
  const { problems } = scope;
  const literal = (field: string, what: string) => {
    const value = requireField(map, field, 'a resource', problems);
    return value && { at: value.at, text: parseLiteral(value, what, scope) };
  };
  const name = literal('name', 'the name of a resource');
  if (name?.text !== undefined && !isResourceName(name.text)) {
    problems.add(name.at, 'this is not the name of a resource', 'one line of at most 200 characters');
  }
  const type = literal('type', 'the type of a resource');
  const watch = map.entries.find(({ key }) => key === 'watch_secret');
  const watches = watch === undefined ? [] : readWatches(watch.value, scope);
  if (type?.text === undefined || !isResourceTypeName(type.text)) {
    if (type?.text !== undefined) {
      const hint = `there is ${resourceTypeNames.join(', ')}`;
      problems.add(type.at, `${JSON.stringify(type.text)} is not a type of resource`, hint);
    }
    readTexts(map, scope);
    return undefined;
  }
  const attributes = readAttributes(map, type.text, scope);
  const { at, isBroken } = map;
  return { name: name?.text ?? '', type: type.text, at, isBroken, attributes, watches };
}

/** Finds what is wrong with texts whatever attribute they are of: the type isn't known. */
function readTexts({ entries }: SourceMap, scope: SourceScope): void {
  for (const { key, value } of entries) {
    if (['name', 'type', 'watch_secret'].includes(key)) continue;
    for (const text of value.kind === 'list' ? value.items : [value]) {
      if (text.kind === 'scalar' && typeof text.value === 'string') parseTemplate(text, key, scope);
    }
  }
}

function readAttributes(map: SourceMap, type: ResourceTypeName, scope: SourceScope) {
  const schema: Readonly<Record<string, Attribute>> = attributesOf(type);
  const fields = readFields(map, type, ['name', 'type', ...Object.keys(schema)], scope.problems);
  const attributes = new Map<string, AttributeSource>();
  for (const [name, { value }] of fields) {
    const attribute = schema[name];
    if (attribute === undefined || name === 'watch_secret') continue;
    attributes.set(name, { at: value.at, value: readAttribute(value, name, attribute, scope) });
  }
  return attributes;
}

function readAttribute(node: SourceNode, name: string, { takesList }: Attribute, scope: SourceScope) {
  if (node.kind !== 'list' || !takesList) return parseTemplate(node, name, scope);
  const items = node.items.map((item) => parseTemplate(item, `each word of ${name}`, scope));
  const sound = items.filter((item) => item !== undefined);
  return sound.length === items.length ? sound : undefined;
}
