import t from 'tap';
import { checkRefs, formatPosition, PolicyError } from '../../lib/policy/index.js';
import { stacksOf, unmark } from './kit.js';

const { tree, expected } = unmark({
  'a.vgo': 'configcrate: unused\nvars: { a: "secret:k/a", b: "x ▶secret:k/missing" }\n',
  'envoys.vgo': 'envoys:\n  - { match: "*", configcrates: [web], vars: { a: "▶secret:k/gone" } }\n',
  'web.vgo':
    'configcrate: web\nvars: { a: 1 }\nresources:\n' +
    '  - { name: x, type: file, path: /x, content: "▶secret:k/missing, secret:k/b" }\n',
});

t.test('every place that refers to a missing secret', async (t) => {
  const there = new Set(['k/a', 'k/b']);
  const asked: string[] = [];
  const catalog = { has: async (key: string) => asked.push(key) > 0 && there.has(key) };
  const error: unknown = await checkRefs(await stacksOf(tree), catalog).catch((error) => error);
  t.ok(error instanceof PolicyError && error.code === 'invalid_config');
  const problems = error instanceof PolicyError ? error.problems : [];
  t.same(problems.map(formatPosition), expected);
  t.same(asked.sort(), ['k/a', 'k/b', 'k/gone', 'k/missing'], 'each secret is looked for once');
});

t.test('a catalog that answers at once, with everything there', async (t) => {
  await t.resolves(checkRefs(await stacksOf(tree), { has: () => true }));
});

t.test('a catalog that fails is not a missing secret', async (t) => {
  const catalog = { has: () => Promise.reject(new RangeError('away')) };
  await t.rejects(checkRefs(await stacksOf(tree), catalog), RangeError);
});
