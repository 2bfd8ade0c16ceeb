import { PolicyError } from '../errors.js';

export type AttributeValue = string | readonly string[];

/** A rule that one attribute of a resource type follows, the same at publish and on the envoy. */
export interface Attribute<T extends AttributeValue = AttributeValue, Required extends boolean = boolean> {
  readonly required: Required;
  /** Whether a list of texts may stand here too. */
  readonly takesList: boolean;
  /** Undefined where a secret may stand here; otherwise the way that doesn't expose it, for the hint (N1). */
  readonly secretsRefused: string | undefined;
  /** @throws VigoError for a value that doesn't fit */
  read(value: AttributeValue): T;
}

export const SECRETS_ALLOWED = undefined;
export const SECRETS_ONLY_IN_CONTENT =
  'a name or a path is seen by everybody: put the secret into the content of a file';
export const SECRETS_NOT_IN_ARGUMENTS =
  'arguments are seen by everybody on the machine: pass the secret on stdin, or in the content of a file';

/** An attribute that is one text. @param check throws for a text that doesn't fit. */
export function text(check: (text: string) => void, secretsRefused: string | undefined): Attribute<string, false> {
  return {
    required: false,
    takesList: false,
    secretsRefused,
    read(value) {
      if (typeof value !== 'string') throw new PolicyError('bad_value', 'this is one text, not a list');
      check(value);
      return value;
    },
  };
}

/** An attribute that is one of a few words. */
export function word<W extends string>(...words: readonly W[]): Attribute<W, false> {
  return {
    required: false,
    takesList: false,
    secretsRefused: SECRETS_ONLY_IN_CONTENT,
    read(value) {
      const found = words.find((known) => known === value);
      if (found === undefined) throw new PolicyError('bad_value', `this is ${words.join(' or ')}`);
      return found;
    },
  };
}

export function required<T extends AttributeValue>(attribute: Attribute<T, false>): Attribute<T, true> {
  return { ...attribute, required: true };
}
