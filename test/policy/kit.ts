import { type KeyName, parseHostName, parseKeyName, Secret, utf8 } from '../../lib/base/index.js';
import { loadSha256 } from '../../lib/crypto/index.js';
import {
  Bodies,
  type Body,
  PolicyError,
  parseStacks,
  type Stacks,
  type StacksOptions,
} from '../../lib/policy/index.js';

/** A tree by file name. `envoys.vgo` is added where it isn't given: every host gets every crate named `web`. */
export type Tree = Readonly<Record<string, string>>;

const ENVOYS = 'envoys:\n  - { match: "*", configcrates: [web] }\n';

export function stacksOf(tree: Tree, options?: StacksOptions): Promise<Stacks> {
  const files = Object.entries({ 'envoys.vgo': ENVOYS, ...tree });
  return parseStacks(new Map(files.map(([file, text]) => [file, utf8(text)])), options);
}

export async function bodyOf(tree: Tree, host = 'web-1'): Promise<Body> {
  return new Bodies(await stacksOf(tree), await loadSha256()).for(parseHostName(host));
}

/** Where the problems of a tree are, as `file:line:column`. */
export async function problemsOf(tree: Tree, options?: StacksOptions): Promise<readonly string[]> {
  try {
    await stacksOf(tree, options);
    return [];
  } catch (error) {
    if (!(error instanceof PolicyError) || error.code !== 'invalid_config') throw error;
    return error.problems.map(({ file, line, column }) => `${file}:${line}:${column}`);
  }
}

/** Takes the marks `▶` out of a tree: each stands before a place where a problem is expected. */
export function unmark(tree: Tree): { tree: Tree; expected: readonly string[] } {
  const expected: string[] = [];
  const plain = Object.entries(tree).map(([file, marked]) => {
    const lines = marked.split('\n').map((text, line) => {
      const pieces = text.split('▶');
      for (let i = 1; i < pieces.length; i++) {
        expected.push(`${file}:${line + 1}:${pieces.slice(0, i).join('').length + 1}`);
      }
      return pieces.join('');
    });
    return [file, lines.join('\n')] as const;
  });
  return { tree: Object.fromEntries(plain), expected };
}

/** A tree with one crate of one resource. */
export function webWith(resource: string, vars = '{}'): Tree {
  return { 'web.vgo': `configcrate: web\nvars: ${vars}\nresources:\n  - ${resource}\n` };
}

export function valuesOf(values: Readonly<Record<string, string | Uint8Array>>): Map<KeyName, Secret<Uint8Array>> {
  const entries = Object.entries(values).map(([key, value]) => {
    return [parseKeyName(key), new Secret(typeof value === 'string' ? utf8(value) : value)] as const;
  });
  return new Map(entries);
}
