import { isUtf8 } from 'node:buffer';
import { concatBytes, type KeyName, Secret, utf8 } from '../../base/index.js';
import { type PolicyBody, refsOf, refsOfResource } from '../body/body.js';
import { PolicyError } from '../errors.js';
import { type ResolvedResource, type Resource, resolveResource } from '../types/registry.js';
import { splitPlaceholders } from './placeholder.js';

/** A body that can be applied. Its vars are left behind: they were filled in where they are used. */
export interface ResolvedBody {
  readonly configcrates: readonly { readonly name: string; readonly resources: readonly ResolvedResource[] }[];
}

export type SecretValues = ReadonlyMap<KeyName, Secret<Uint8Array>>;

/**
 * Puts values in the place of a body's placeholders: once, in leaf strings after parsing, and never looks at the
 * result again, so that a value can't refer to another secret. The values in the result are copies, each in a `Secret` of its own that the
 * caller disposes of.
 * @throws PolicyError `unresolved` unless every ref of the body has a value; `not_text` where a value that isn't
 *   UTF-8 would stand among other text. Then nothing of the body comes out (D3).
 */
export function substitute(body: PolicyBody, values: SecretValues): ResolvedBody {
  for (const key of refsOf(body)) if (!values.has(key)) throw unresolved(key);
  return {
    configcrates: body.configcrates.map(({ name, resources }) => ({
      name,
      resources: resources.map((resource) => substituteResource(resource, values)),
    })),
  };
}

/** As `substitute`, for one resource, so that those whose secrets are away don't hold up the others (D5a). */
export function substituteResource(resource: Resource, values: SecretValues): ResolvedResource {
  for (const key of refsOfResource(resource)) if (!values.has(key)) throw unresolved(key);
  return resolveResource(resource, (text) => fill(text, values));
}

function fill(text: string, values: SecretValues): Secret<Uint8Array> {
  const pieces = splitPlaceholders(text);
  if (pieces === undefined) throw new PolicyError('invalid_body', 'a text holds a broken placeholder');
  const parts = pieces.map((piece) => {
    if ('text' in piece) return utf8(piece.text);
    const value = values.get(piece.key)?.expose();
    if (value === undefined) throw unresolved(piece.key);
    if (pieces.length > 1 && !isUtf8(value)) {
      throw new PolicyError('not_text', `the value of ${piece.key} is not UTF-8 and stands among other text`, {
        hint: `let the field be exactly secret:${piece.key}, or store text`,
      });
    }
    return value;
  });
  return new Secret(concatBytes(...parts));
}

function unresolved(key: KeyName): PolicyError {
  return new PolicyError('unresolved', `the secret ${key} has no value here`, {
    hint: 'the server has yet to hand it out: vigo status says what keeps it from that',
  });
}
