import type { ProblemList } from '../problems.js';
import { MAX_TEXT_LENGTH } from '../source/limits.js';
import { isList, keysInVar, type VarValue } from '../source/var-value.js';
import { placeholder, placeholderKeys, splitPlaceholders } from './placeholder.js';
import type { Template, TemplatePart } from './template.js';

export type VarValues = ReadonlyMap<string, VarValue>;

/** How many UTF-16 code units a body may still take, so that a small tree can't interpolate itself into a huge one. */
export interface TextBudget {
  left: number;
}

/**
 * Puts the parts of a text together, vars filled in and refs as placeholders.
 * @returns undefined where that is a problem, which was reported.
 */
export function renderParts(
  template: Template,
  vars: VarValues,
  problems: ProblemList,
  budget: TextBudget,
): string | undefined {
  const texts: string[] = [];
  let length = 0;
  for (const part of template.parts) {
    const text = renderPart(part, vars, problems);
    if (text === undefined) continue;
    length += text.length;
    if (length > Math.min(MAX_TEXT_LENGTH, budget.left)) {
      problems.add(template.at, 'the text becomes too long', 'one text has at most 1 MiB, and all of a host 8 MiB');
      return undefined;
    }
    texts.push(text);
  }
  if (texts.length < template.parts.length) return undefined;
  budget.left -= length;
  const whole = texts.join('');
  // Pieces that are harmless alone could make a marker together, and so a ref that no operator wrote (D4).
  const written = texts.flatMap((text) => placeholderKeys(text));
  if (splitPlaceholders(whole) === undefined || placeholderKeys(whole).join() !== written.join()) {
    problems.add(template.at, 'the vars in this text assemble the marker of a secret');
    return undefined;
  }
  return whole;
}

/** A text that is nothing but `{{ vars.name }}`, where that var is a list: for attributes that take one. */
export function renderList({ parts }: Template, vars: VarValues): readonly string[] | undefined {
  const [part, ...rest] = parts;
  if (part?.kind !== 'var' || rest.length > 0) return undefined;
  const value = vars.get(part.name);
  return value !== undefined && isList(value) ? value.map(String) : undefined;
}

/** Reports every place where a secret would come into a text that everybody may see (N1). */
export function refuseSecrets(what: string, hint: string, template: Template, vars: VarValues, problems: ProblemList) {
  let refused = false;
  for (const part of template.parts) {
    if (part.kind === 'text') continue;
    const value = part.kind === 'var' ? vars.get(part.name) : undefined;
    if (part.kind === 'var' && (value === undefined || keysInVar(value).length === 0)) continue;
    const by = part.kind === 'var' ? `vars.${part.name}, which holds a secret,` : 'a secret';
    problems.add(part.at, `${by} can't stand in ${what}`, hint);
    refused = true;
  }
  return refused;
}

function renderPart(part: TemplatePart, vars: VarValues, problems: ProblemList): string | undefined {
  if (part.kind === 'text') return part.text;
  if (part.kind === 'ref') return placeholder(part.key);
  const value = vars.get(part.name);
  if (value === undefined) {
    const known = [...vars.keys()].map((name) => `vars.${name}`).join(', ');
    problems.add(part.at, `there is no vars.${part.name}`, known === '' ? 'declare it in vars' : `there is ${known}`);
  } else if (typeof value === 'object') {
    problems.add(part.at, `vars.${part.name} is ${isList(value) ? 'a list' : 'a map'} and can't stand in a text`);
  } else {
    return String(value);
  }
  return undefined;
}
