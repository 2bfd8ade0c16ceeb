import t from 'tap';
import { fromUtf8, type Secret } from '../../lib/base/index.js';
import { parseBody, type ResolvedResource, substitute, substituteResource } from '../../lib/policy/index.js';
import { bodyOf, valuesOf, webWith } from './kit.js';

async function resolve(resource: string, values: Readonly<Record<string, string | Uint8Array>>, vars?: string) {
  const body = parseBody((await bodyOf(webWith(resource, vars))).bytes);
  return substitute(body, valuesOf(values)).configcrates[0]?.resources[0];
}

function textOf(resource: ResolvedResource | undefined): string | undefined {
  const field: Secret<Uint8Array> | undefined =
    resource?.type === 'file' && resource.ensure === 'present'
      ? resource.content
      : resource?.type === 'exec'
        ? resource.stdin
        : undefined;
  return field && fromUtf8(field.expose());
}

const file = (content: string) => `{ name: x, type: file, path: /x, content: "${content}" }`;

t.test('values stand where the refs stood', async (t) => {
  t.equal(textOf(await resolve(file('a=secret:k/a b=secret:k/b.'), { 'k/a': 'one', 'k/b': 'two' })), 'a=one b=two.');
  t.equal(textOf(await resolve(file('plain'), {})), 'plain');
  const exec = await resolve('{ name: x, type: exec, command: a, stdin: "secret:k/a\\n" }', { 'k/a': 'öne' });
  t.equal(textOf(exec), 'öne\n');
  t.match(exec, { confidential: true, timeoutMs: 300_000 });
});

t.test('a value is never looked at again', async (t) => {
  const marker = '__VIGO_SECRET__k/b__END_VIGO_SECRET__';
  for (const value of [marker, 'secret:k/b', '{{ vars.x }}', '__VIGO_SECRET__', '$&$1', '']) {
    t.equal(textOf(await resolve(file('secret:k/a|secret:k/b'), { 'k/a': value, 'k/b': 'two' })), `${value}|two`);
  }
  const halves = { 'k/a': '__VIGO_SECRET__', 'k/b': 'k/c__END_VIGO_SECRET__', 'k/c': 'three' };
  t.equal(textOf(await resolve(file('secret:k/a(secret:k/b'), halves)), '__VIGO_SECRET__(k/c__END_VIGO_SECRET__');
});

t.test('bytes that are no text stand alone, or not at all', async (t) => {
  const value = Uint8Array.of(0, 0xff, 0xfe, 0x80);
  const resource = await resolve(file('secret:k/a'), { 'k/a': value });
  t.ok(resource?.type === 'file' && resource.ensure === 'present');
  if (resource?.type === 'file' && resource.ensure === 'present') {
    t.same(Buffer.from(resource.content?.expose() ?? []), Buffer.from(value));
  }
  await t.rejects(resolve(file('secret:k/a\\n'), { 'k/a': value }), { name: 'PolicyError', code: 'not_text' });
});

t.test('nothing comes out where a value is missing', async (t) => {
  await t.rejects(resolve(file('secret:k/a'), {}), { name: 'PolicyError', code: 'unresolved' });
  await t.rejects(resolve(file('plain'), {}, '{ unused: "secret:k/a" }'), { code: 'unresolved' });
});

t.test('a resource whose secret is away does not hold up the others', async (t) => {
  const body = parseBody(
    (
      await bodyOf({
        'web.vgo': `configcrate: web\nresources:\n  - ${file('secret:k/a')}\n  - ${file('plain').replaceAll('x', 'y')}\n`,
      })
    ).bytes,
  );
  const [needy, plain] = body.configcrates[0]?.resources ?? [];
  t.ok(needy && plain);
  if (needy) t.throws(() => substituteResource(needy, valuesOf({})), { code: 'unresolved' });
  if (plain) t.equal(textOf(substituteResource(plain, valuesOf({}))), 'plain');
});

t.test('what an executor gets does not print its secrets, and owns its copies', async (t) => {
  const body = parseBody((await bodyOf(webWith(file('secret:k/a')))).bytes);
  const values = valuesOf({ 'k/a': 'hidden value' });
  const resource = substitute(body, values).configcrates[0]?.resources[0];
  t.notMatch(JSON.stringify(resource), /hidden/);
  t.match(resource, { mode: 0o600, confidential: true });
  for (const value of values.values()) value.dispose();
  t.equal(textOf(resource), 'hidden value');
});
