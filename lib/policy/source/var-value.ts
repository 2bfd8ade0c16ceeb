import type { KeyName } from '../../base/index.js';
import { placeholderKeys } from '../compose/placeholder.js';

export type Scalar = string | number | boolean;

/** The value of a var. Its strings hold placeholders where the operator wrote refs. */
export type VarValue = Scalar | readonly Scalar[] | { readonly [member: string]: Scalar };

const VAR_NAME = /^[a-z][a-z0-9_]{0,99}$/;
/** A first character that is a letter or digit also keeps `__proto__` out. */
const MEMBER_NAME = /^[A-Za-z0-9][A-Za-z0-9._/-]{0,199}$/;

export function isVarName(text: string): boolean {
  return VAR_NAME.test(text);
}

/** Whether a map that is a var's value may have a member of this name. */
export function isMemberName(text: string): boolean {
  return MEMBER_NAME.test(text);
}

export function isList(value: VarValue): value is readonly Scalar[] {
  return Array.isArray(value);
}

export function leavesOf(value: VarValue): readonly Scalar[] {
  return typeof value === 'object' ? Object.values(value) : [value];
}

/** The keys of all placeholders in a var. */
export function keysInVar(value: VarValue): readonly KeyName[] {
  return leavesOf(value).flatMap((leaf) => (typeof leaf === 'string' ? placeholderKeys(leaf) : []));
}
