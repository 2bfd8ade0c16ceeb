import {
  canonicalJson,
  encodeCanonical,
  fromUtf8,
  type Json,
  type KeyName,
  parseCanonicalJson,
  utf8,
} from '../../base/index.js';
import type { Sha256 } from '../../crypto/index.js';
import { MAX_BODY_BYTES } from '../../wire/index.js';
import { placeholderKeys, splitPlaceholders } from '../compose/placeholder.js';
import { PolicyError } from '../errors.js';
import { isCrateName, isResourceName } from '../source/names.js';
import { isMemberName, isVarName, keysInVar, type Scalar, type VarValue } from '../source/var-value.js';
import { isResourceTypeName, type Resource, readResource } from '../types/registry.js';

/** What hosts get: crates with their vars filled in, and placeholders where secrets go. */
export type PolicyBody = {
  readonly v: 1;
  readonly configcrates: readonly CrateBody[];
};

export type CrateBody = {
  readonly name: string;
  readonly vars: Readonly<Record<string, VarValue>>;
  readonly resources: readonly Resource[];
};

/** RFC 8785 JSON: the same policy always has the same bytes. */
export function encodeBody(body: PolicyBody): Uint8Array {
  return utf8(canonicalJson(body));
}

/** What a policy head vouches for: the SHA-256 of a body, domain-separated. 32 bytes. */
export function hashBody(bytes: Uint8Array, sha256: Sha256): Uint8Array {
  return sha256.digest(encodeCanonical('vigo/policy-body/v1', bytes));
}

/**
 * Reads a body strictly: what it accepts encodes back to the same bytes, and every attribute obeys the rules that held
 * at publish. Check its hash against the signed head first.
 * @throws PolicyError `invalid_body`
 */
export function parseBody(bytes: Uint8Array): PolicyBody {
  if (bytes.length > MAX_BODY_BYTES) throw invalid(`it has more than ${MAX_BODY_BYTES} bytes`);
  const body = readBody(parseJson(bytes));
  // Also refuses a body that leaves out a default: the server writes all of them down.
  if (Buffer.compare(encodeBody(body), bytes) !== 0) throw invalid('it is not in its one valid encoding');
  return body;
}

/** The keys of all placeholders of a body: what its hosts may resolve, and have to (D3, D4). */
export function refsOf(body: PolicyBody): ReadonlySet<KeyName> {
  const refs = new Set<KeyName>();
  for (const crate of body.configcrates) {
    for (const value of Object.values(crate.vars)) for (const key of keysInVar(value)) refs.add(key);
    for (const resource of crate.resources) for (const key of refsOfResource(resource)) refs.add(key);
  }
  return refs;
}

/** What one resource needs, so that the others can go on without it (D5a). */
export function refsOfResource(resource: Resource): ReadonlySet<KeyName> {
  return new Set(
    Object.values(resource)
      .flat()
      .flatMap((text: string) => placeholderKeys(text)),
  );
}

/** The resources with `watch_secret`, in the order in which a policy head has their marks. */
export function watchersOf({ configcrates }: PolicyBody): readonly Resource[] {
  return configcrates.flatMap(({ resources }) => resources.filter((resource) => resource.watch_secret !== undefined));
}

function parseJson(bytes: Uint8Array): Json {
  try {
    return parseCanonicalJson(fromUtf8(bytes));
  } catch (cause) {
    // Whatever was wrong: not UTF-8, not JSON, not canonical, or nested so deeply that the stack ran out.
    throw new PolicyError('invalid_body', "this policy body isn't canonical JSON", { cause });
  }
}

function readBody(json: Json): PolicyBody {
  const { v, configcrates, ...rest } = asObject(json);
  if (v !== 1) throw invalid('its version is unknown', 'update the agent');
  requireNone(rest);
  const crates = asArray(configcrates).map(readCrate);
  requireDistinct(crates.map(({ name }) => name));
  return { v, configcrates: crates };
}

function readCrate(json: Json): CrateBody {
  const { name, vars, resources, ...rest } = asObject(json);
  requireNone(rest);
  if (typeof name !== 'string' || !isCrateName(name)) throw invalid('a configcrate has no proper name');
  const members = Object.entries(asObject(vars)).map(([key, value]) => {
    if (!isVarName(key)) throw invalid(`a var of ${name} has no proper name`);
    return [key, readVar(value)] as const;
  });
  const list = asArray(resources).map(readBodyResource);
  requireDistinct(list.map((resource) => resource.name));
  return { name, vars: Object.fromEntries(members), resources: list };
}

function readVar(json: Json | undefined): VarValue {
  if (isArray(json)) return json.map(readScalar);
  if (typeof json !== 'object') return readScalar(json);
  const members = Object.entries(asObject(json));
  if (!members.every(([name]) => isMemberName(name))) throw invalid('a var has a member without a proper name');
  return Object.fromEntries(members.map(([name, value]) => [name, readScalar(value)]));
}

function readScalar(json: Json | undefined): Scalar {
  if (typeof json === 'string') return readText(json);
  if (typeof json === 'number' || typeof json === 'boolean') return json;
  throw invalid('a var is neither a scalar nor a list or a map of scalars');
}

function readBodyResource(json: Json): Resource {
  const { type, name, ...attributes } = asObject(json);
  if (typeof name !== 'string' || !isResourceName(name)) throw invalid('a resource has no proper name');
  if (typeof type !== 'string' || !isResourceTypeName(type)) {
    throw invalid(`the type of ${name} is unknown`, 'update the agent');
  }
  const values = Object.entries(attributes).map(([attribute, value]) => {
    return [attribute, isArray(value) ? value.map(readText) : readText(value)] as const;
  });
  const resource = readResource(type, name, new Map(values), (_, message) => {
    throw invalid(`${name}: ${message}`);
  });
  if (resource === undefined) throw invalid(`${name} can't be read`);
  return resource;
}

function readText(json: Json | undefined): string {
  if (typeof json !== 'string') throw invalid('an attribute is neither a text nor a list of texts');
  // A marker that isn't part of a whole placeholder would reach a disk (D3).
  if (splitPlaceholders(json) === undefined) throw invalid('a text holds a broken placeholder');
  return json;
}

function asObject(json: Json | undefined): { readonly [name: string]: Json } {
  if (typeof json !== 'object' || json === null || isArray(json)) throw invalid('an object is missing');
  return json;
}

function asArray(json: Json | undefined): readonly Json[] {
  if (!isArray(json)) throw invalid('a list is missing');
  return json;
}

function isArray(json: Json | undefined): json is readonly Json[] {
  return Array.isArray(json);
}

function requireNone(rest: object): void {
  const [name] = Object.keys(rest);
  if (name !== undefined) throw invalid(`it has an unknown member ${JSON.stringify(name.slice(0, 50))}`);
}

function requireDistinct(names: readonly string[]): void {
  if (new Set(names).size !== names.length) throw invalid('a name stands in it twice');
}

function invalid(problem: string, hint?: string): PolicyError {
  return new PolicyError('invalid_body', `this policy body is invalid: ${problem}`, { hint });
}
