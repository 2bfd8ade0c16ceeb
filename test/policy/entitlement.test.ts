import fc from 'fast-check';
import t from 'tap';
import { fromUtf8, type KeyName, parseHostName } from '../../lib/base/index.js';
import { loadSha256 } from '../../lib/crypto/index.js';
import { Bodies, PolicyError, parseBody, refsOf, type Stacks, substitute } from '../../lib/policy/index.js';
import { stacksOf, valuesOf } from './kit.js';

const sha256 = await loadSha256();

/** What an attacker would build a ref from. */
const piece = fc.constantFrom(
  ...['__VIGO_SECRET__', '__END_VIGO_SECRET__', '__VIGO_', 'SECRET__', '__END_', 'VIGO_SECRET__', '__', '_'],
  ...['secret:', 'secret::', 'secret', ':', 'k/a', 'k/b', 'k/c', '/', '.', ' ', '\n', '"', '\\', '{{', '}}'],
  ...['{{ vars.a }}', '{{ vars.b }}', '{{ vars.c }}', '{{ vars::a }}', 'secret:k/a', ' secret:k/b', '(secret:k/c)'],
);
const text = fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join(''));

async function tryStacks(a: string, b: string, override: string, content: string): Promise<Stacks | undefined> {
  const web = { vars: { a, b, c: 'c' }, resources: [{ name: 'x', type: 'file', path: '/x', content }] };
  const rule = { match: '*', configcrates: ['web'], vars: { c: override } };
  try {
    // JSON is YAML.
    return await stacksOf({
      'web.vgo': JSON.stringify({ configcrate: 'web', ...web }),
      'envoys.vgo': JSON.stringify({ envoys: [rule] }),
    });
  } catch (error) {
    if (error instanceof PolicyError && error.code === 'invalid_config') return undefined;
    throw error;
  }
}

/** Whether an operator wrote a ref in one of the texts, found in another way than the room does. */
function isWritten(key: KeyName, texts: readonly string[]): boolean {
  return texts.some((value) => value.includes(`secret:${key}`));
}

t.test('no text and no var makes a ref that no operator wrote', async (t) => {
  let built = 0;
  await fc.assert(
    fc.asyncProperty(text, text, text, text, async (a, b, override, content) => {
      const stacks = await tryStacks(a, b, override, content);
      if (stacks === undefined) return;
      built++;
      const body = new Bodies(stacks, sha256).for(parseHostName('h'));
      for (const key of body.refs) t.ok(isWritten(key, [a, b, override, content]), key);
      t.same(refsOf(parseBody(body.bytes)), body.refs);
    }),
    { numRuns: 600 },
  );
  t.ok(built > 20, 'enough of the trees were sound');
});

t.test('no value makes another value appear, or a placeholder go away', async (t) => {
  await fc.assert(
    fc.asyncProperty(text, text, async (one, two) => {
      const stacks = await tryStacks('secret:k/a', 'secret:k/b', '', '<{{ vars.a }}|{{ vars.b }}>');
      t.ok(stacks);
      if (stacks === undefined) return;
      const body = parseBody(new Bodies(stacks, sha256).for(parseHostName('h')).bytes);
      const resolved = substitute(body, valuesOf({ 'k/a': one, 'k/b': two, 'k/c': 'never' }));
      const file = resolved.configcrates[0]?.resources[0];
      const content = file?.type === 'file' && file.ensure === 'present' ? file.content : undefined;
      t.equal(content && fromUtf8(content.expose()), `<${one}|${two}>`);
    }),
    { numRuns: 100 },
  );
});

t.test('the refs of a body are those of its text, in every tree', async (t) => {
  const key = fc.constantFrom('k/a', 'k/b', 'k/c').map((name) => name as KeyName);
  await fc.assert(
    fc.asyncProperty(fc.array(key, { maxLength: 4 }), fc.array(key, { maxLength: 4 }), async (inVar, inText) => {
      const refs = (keys: readonly string[]) => keys.map((name) => `secret:${name}`).join(', ');
      const stacks = await tryStacks(refs(inVar), '', '', `${refs(inText)} {{ vars.a }}`);
      t.ok(stacks);
      if (stacks === undefined) return;
      const body = new Bodies(stacks, sha256).for(parseHostName('h'));
      t.same([...body.refs].sort(), [...new Set([...inVar, ...inText])].sort());
    }),
    { numRuns: 50 },
  );
});
