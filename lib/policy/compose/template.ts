import { isKeyName, isReservedKey, type KeyName } from '../../base/index.js';
import type { Position } from '../errors.js';
import type { ProblemList } from '../problems.js';
import { describe, isBroken } from '../source/fields.js';
import type { SourceNode, SourceScalar } from '../source/source-tree.js';
import { placeholder, splitPlaceholders } from './placeholder.js';

/** A place where an operator's text refers to a secret. All of them together are what may be resolved (D4). */
export interface RefUse {
  readonly key: KeyName;
  readonly at: Position;
}

export type TemplatePart =
  | { readonly kind: 'text'; readonly text: string }
  | ({ readonly kind: 'ref' } & RefUse)
  | { readonly kind: 'var'; readonly name: string; readonly at: Position };

/** One text of a `.vgo` file, taken apart once: what is text here stays text, whatever a var or a secret holds. */
export interface Template {
  readonly at: Position;
  readonly parts: readonly TemplatePart[];
}

/** A place where a text holds what could be meant for a var, and isn't one. */
export interface Lookalike {
  readonly text: string;
  /** In `{{ port }}` the name that may be that of a var; undefined where it is none of ours for sure. */
  readonly name: string | undefined;
  readonly at: Position;
}

/** Where the parts of a crate or a rule leave what they find. */
export interface SourceScope {
  readonly problems: ProblemList;
  readonly refs: RefUse[];
  readonly lookalikes: Lookalike[];
}

export function newScope(problems: ProblemList): SourceScope {
  return { problems, refs: [], lookalikes: [] };
}

// `secret:` with a boundary on its left, then either the second colon of an escape or everything that could be a key;
// and `{{ vars.` or its escape `{{ vars::`.
const OPENING =
  /(?<![\p{L}\p{N}_-])secret:(?:(?<escaped>:)|(?<key>[A-Za-z0-9._/-]*)(?<next>\{\{|:)?)|\{\{[ \t]*vars(?<dot>\.|::)/gu;
const LOOKALIKE =
  /\{\{[ \t]*(?:(?:traits|facts|var|secrets?|envoy|host)\.[A-Za-z0-9_.-]*|(?<name>[a-z][a-z0-9_]*))[ \t]*\}\}/g;
const VAR_REST = /([a-z][a-z0-9_]*)[ \t]*\}\}/y;

const REF_HINT = 'a ref looks like secret:vigo/db/dsn; write secret:: for the text secret:';
const COMPUTED_HINT = 'put the whole ref into a var, and refer to that var';

/** Takes a text apart; reports what isn't text at all. */
export function parseTemplate(node: SourceNode, what: string, scope: SourceScope): Template | undefined {
  if (node.kind !== 'scalar' || typeof node.value !== 'string') {
    const spelling = node.kind === 'scalar' && node.value !== null ? node.spelling : undefined;
    // A mode has four digits: the hint must not be refused in its turn.
    const isShortMode = what === 'mode' && spelling !== undefined && /^[0-7]{3}$/.test(spelling);
    const quoted = spelling === undefined ? undefined : `quote it: "${isShortMode ? '0' : ''}${spelling}"`;
    if (!isBroken(node)) scope.problems.add(node.at, `${what} is a text, not ${describe(node)}`, quoted);
    return undefined;
  }
  const place = node.places(LOOKALIKE);
  for (const [i, match] of [...node.value.matchAll(LOOKALIKE)].entries()) {
    scope.lookalikes.push({ text: match[0], name: match.groups?.name, at: place(i) });
  }
  return { at: node.at, parts: parseParts(node, node.value, scope) };
}

/** A text that is the same on every host: a name. */
export function parseLiteral(node: SourceNode, what: string, scope: SourceScope): string | undefined {
  const template = parseTemplate(node, what, scope);
  const texts: string[] = [];
  for (const part of template?.parts ?? []) {
    if (part.kind === 'text') texts.push(part.text);
    else scope.problems.add(part.at, `${what} holds no secrets and no vars`);
  }
  return texts.length === template?.parts.length ? texts.join('') : undefined;
}

function parseParts(node: SourceScalar, value: string, scope: SourceScope): readonly TemplatePart[] {
  const parts: TemplatePart[] = [];
  let offset = 0;
  const take = (until: number, part: TemplatePart, next: number) => {
    if (until > offset) parts.push({ kind: 'text', text: value.slice(offset, until) });
    parts.push(part);
    offset = next;
  };
  const place = node.places(OPENING);
  for (const [i, match] of [...value.matchAll(OPENING)].entries()) {
    const { escaped, key, next, dot } = match.groups ?? {};
    const start = match.index;
    const end = start + match[0].length;
    const at = place(i);
    if (escaped !== undefined) {
      take(start, { kind: 'text', text: 'secret:' }, end);
    } else if (dot === '::') {
      take(start, { kind: 'text', text: match[0].replace('::', '.') }, end);
    } else if (dot === '.') {
      VAR_REST.lastIndex = end;
      const [whole, name] = VAR_REST.exec(value) ?? [];
      if (whole === undefined || name === undefined) {
        scope.problems.add(at, 'this is not a var', 'like {{ vars.port }}; write {{ vars:: for the text {{ vars.');
      } else {
        take(start, { kind: 'var', name, at }, end + whole.length);
      }
    } else if (key !== '' || next === '{{') {
      const name = parseRef(key ?? '', next, at, scope.problems);
      if (name === undefined) continue;
      scope.refs.push({ key: name, at });
      take(start, { kind: 'ref', key: name, at }, start + 'secret:'.length + name.length);
    }
  }
  if (offset < value.length) parts.push({ kind: 'text', text: value.slice(offset) });
  return parts;
}

/** @param candidate every character after `secret:` that may stand in a key; `next` is what follows it. */
function parseRef(candidate: string, next: string | undefined, at: Position, problems: ProblemList) {
  if (next === '{{') {
    problems.add(at, "a ref to a secret can't be computed", COMPUTED_HINT);
    return undefined;
  }
  if (next === ':' && /(^|[./])secret$/.test(candidate)) {
    problems.add(at, 'this could be one ref or two', COMPUTED_HINT);
    return undefined;
  }
  // The full stop of a sentence and the dash after a key aren't part of it.
  let end = candidate.length;
  while (end > 0 && '._/-'.includes(candidate.charAt(end - 1))) end--;
  const key = candidate.slice(0, end);
  if (!isKeyName(key) || splitPlaceholders(placeholder(key)) === undefined) {
    problems.add(at, `secret:${candidate.slice(0, 100)} is not a ref to a secret`, REF_HINT);
    return undefined;
  }
  if (isReservedKey(key)) {
    problems.add(at, `${key} is reserved: no envoy can ever resolve it`, 'store what an envoy needs under another key');
    return undefined;
  }
  return key;
}
