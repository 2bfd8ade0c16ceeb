import { type HostGlob, matchesGlob } from '../../base/index.js';
import type { PolicyProblem } from '../errors.js';
import { ProblemList } from '../problems.js';
import type { Crate } from './crate.js';
import type { EnvoyRule } from './envoy-rules.js';
import type { Stacks } from './parsed-stacks.js';

/** How many pairs of patterns are compared at most: enough for hundreds of rules, too few to stall a server. */
const MAX_COMPARISONS = 100_000;

/** Signs that stand in no pattern, for a `?` and a `*` that are taken as characters. */
const ONE = '\u0001';
const RUN = '\u0002';

const JOKERS = /[*?]+/g;

/**
 * Finds what is valid but probably a mistake.
 * @param lacksRules whether there may be rules that couldn't be read
 */
export function findWarnings(stacks: Stacks, { lacksRules }: { lacksRules: boolean }): readonly PolicyProblem[] {
  const warnings = new ProblemList();
  const shadowed = findShadowed(stacks.rules);
  for (const [rule, { match, at }] of shadowed) {
    const hint = `line ${at.line}, ${match}, comes first and fits all of its hosts: put the narrower rule first`;
    warnings.add(rule.at, `the rule for ${rule.match} decides for no host`, hint);
  }
  const reached = stacks.rules.filter((rule) => !shadowed.has(rule));
  const given = new Set(reached.flatMap(({ configcrates }) => configcrates.map(({ name }) => name)));
  for (const crate of stacks.crates.values()) {
    if (!given.has(crate.name) && !lacksRules) {
      warnings.add(crate.at, `no host gets the configcrate ${crate.name}`, 'name it in a rule of envoys.vgo');
    }
    warnOfLookalikes(crate, warnings);
  }
  return warnings.sorted();
}

/** The rules for whose hosts an earlier rule decides, with that one. */
function findShadowed(rules: readonly EnvoyRule[]): ReadonlyMap<EnvoyRule, EnvoyRule> {
  const shadowed = new Map<EnvoyRule, EnvoyRule>();
  const byMatch = new Map<HostGlob, EnvoyRule>();
  const wide: EnvoyRule[] = [];
  let comparisons = 0;
  for (const rule of rules) {
    if (rule.match === '') continue;
    let earlier = byMatch.get(rule.match);
    for (let i = 0; i < wide.length && earlier === undefined && comparisons < MAX_COMPARISONS; i++, comparisons++) {
      if (covers((wide[i] as EnvoyRule).match, rule.match)) earlier = wide[i];
    }
    if (earlier !== undefined) {
      shadowed.set(rule, earlier);
      continue;
    }
    byMatch.set(rule.match, rule);
    if (/[*?]/.test(rule.match)) wide.push(rule);
  }
  return shadowed;
}

/**
 * Whether a pattern fits everything that another one fits. Takes the other one as a text in which `*` and `?` are characters
 * of their own: only a `*` takes a `*`. It misses that several patterns do so together.
 */
function covers(wide: HostGlob, narrow: HostGlob): boolean {
  const text = narrow.replaceAll(JOKERS, inOrder).replaceAll('?', ONE).replaceAll('*', RUN);
  return matchesGlob(wide, text) && fits(wide.replaceAll(JOKERS, inOrder), text);
}

/** `*?` and `?*` fit the same names, and become the same. */
function inOrder(jokers: string): string {
  return jokers.replaceAll('*', '') + (jokers.includes('*') ? '*' : '');
}

/** The same as `matchesGlob`, but no `?` takes a run of characters. */
function fits(glob: string, text: string): boolean {
  // Rows of the usual table: whether the pattern up to here fits the text up to there.
  let row = Array.from({ length: text.length + 1 }, (_, i) => i === 0);
  for (const sign of glob) {
    const next = [sign === '*' && row[0] === true];
    for (let i = 1; i <= text.length; i++) {
      const last = text[i - 1];
      const takesOne = sign === last || (sign === '?' && last !== RUN);
      next.push(sign === '*' ? row[i] === true || next[i - 1] === true : takesOne && row[i - 1] === true);
    }
    row = next;
  }
  return row.at(-1) === true;
}

/** What a text of the crate may take for a var of its own. */
function warnOfLookalikes({ vars, lookalikes }: Crate, warnings: ProblemList): void {
  for (const { text, name, at } of lookalikes) {
    if (name === undefined) warnings.add(at, `${text} stays text`, 'only {{ vars.… }} is filled in');
    else if (vars.has(name)) warnings.add(at, `${text} stays text`, `write {{ vars.${name} }} for the var`);
  }
}
