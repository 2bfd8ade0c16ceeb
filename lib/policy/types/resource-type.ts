import { type Secret, VigoError } from '../../base/index.js';
import { holdsMarker } from '../compose/placeholder.js';
import type { Attribute, AttributeValue } from './attribute.js';
import { type CommonAttributes, commonAttributes } from './watch-secret.js';

type Schema = Readonly<Record<string, Attribute>>;
type ValueOf<A> = A extends Attribute<infer T> ? T : never;

/** The attributes of a schema with their types, the required ones always there. */
export type Given<S extends Schema> = {
  readonly [Name in keyof S as S[Name]['required'] extends true ? Name : never]: ValueOf<S[Name]>;
} & {
  readonly [Name in keyof S as S[Name]['required'] extends true ? never : Name]?: ValueOf<S[Name]>;
};

/** Takes what is wrong with a resource. @param attribute undefined for the resource as a whole */
export type Report = (attribute: string | undefined, message: string, hint?: string) => void;

/** Attributes that don't go together. */
export interface Contradiction<S extends Schema> {
  readonly attribute: keyof S & string;
  readonly message: string;
  readonly hint?: string;
}

/** Turns a text into bytes, each placeholder replaced by the secret's value. */
export type Fill = (text: string) => Secret<Uint8Array>;

/** What a file of `types/` says about its resource type. */
export interface ResourceTypeSpec<S extends Schema, Declared, Resolved> {
  readonly type: string;
  readonly attributes: S;
  /** What each attribute alone doesn't show. */
  contradictions(given: Partial<Given<S>> & CommonAttributes): readonly Contradiction<S>[];
  /** Writes down the defaults, so that a body says everything. What all types have in common is added to it. */
  settle(name: string, given: Given<S>): Declared;
  /** What an executor gets: strict types, secrets filled in. */
  resolve(declared: Declared, fill: Fill): Resolved;
}

export interface ResourceType<Declared, Resolved> {
  readonly type: string;
  readonly attributes: Schema;
  /**
   * Checks the values of a resource.
   * @param values an undefined value is one whose problem was reported before
   * @returns `declared` undefined where something was reported, and the attributes that are right by themselves
   */
  read(
    name: string,
    values: ReadonlyMap<string, AttributeValue | undefined>,
    report: Report,
  ): { readonly declared: Declared | undefined; readonly given: Readonly<Record<string, unknown>> };
  resolve(declared: Declared, fill: Fill): Resolved;
}

export function resourceType<S extends Schema, Declared, Resolved>(
  spec: ResourceTypeSpec<S, Declared, Resolved>,
): ResourceType<Declared & CommonAttributes, Resolved> {
  return {
    type: spec.type,
    attributes: { ...spec.attributes, ...commonAttributes },
    resolve: spec.resolve,
    read(name, values, report) {
      const { given, isSound } = readAttributes(spec.type, spec.attributes, values, report);
      const contradictions = spec.contradictions(given);
      for (const { attribute, message, hint } of contradictions) report(attribute, message, hint);
      if (!isSound || contradictions.length > 0) return { declared: undefined, given };
      const { watch_secret } = given;
      // Sound: what is required is there.
      const settled = spec.settle(name, given as Given<S>);
      return { declared: { ...settled, ...(watch_secret === undefined ? {} : { watch_secret }) }, given };
    },
  };
}

function readAttributes<S extends Schema>(
  type: string,
  own: S,
  values: ReadonlyMap<string, AttributeValue | undefined>,
  report: Report,
): { given: Partial<Given<S>> & CommonAttributes; isSound: boolean } {
  const schema: Schema = { ...own, ...commonAttributes };
  let sound = true;
  const fail: Report = (attribute, message, hint) => {
    sound = false;
    report(attribute, message, hint);
  };
  for (const name of values.keys()) if (!Object.hasOwn(schema, name)) fail(name, `${type} has no ${name}`);
  const given: Record<string, AttributeValue> = {};
  for (const [name, attribute] of Object.entries(schema)) {
    const value = values.get(name);
    if (value === undefined) {
      if (values.has(name)) sound = false;
      else if (attribute.required) fail(undefined, `${type} needs ${name}`);
    } else if (attribute.secretsRefused !== undefined && [value].flat().some(holdsMarker)) {
      fail(name, `a secret can't stand in ${name}`, attribute.secretsRefused);
    } else {
      try {
        given[name] = attribute.read(value);
      } catch (error) {
        if (!(error instanceof VigoError)) throw error;
        fail(name, `${name}: ${error.message}`, error.hint);
      }
    }
  }
  return { given: given as Partial<Given<S>> & CommonAttributes, isSound: sound };
}
