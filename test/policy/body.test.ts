import fc from 'fast-check';
import t from 'tap';
import { canonicalJson, fromUtf8, type Json, utf8 } from '../../lib/base/index.js';
import { encodeBody, PolicyError, parseBody, refsOf, refsOfResource } from '../../lib/policy/index.js';
import { bodyOf } from './kit.js';

const { bytes } = await bodyOf({
  'web.vgo': `
configcrate: web
vars: { a: "secret:k/a", list: [1, "secret:k/b"], map: { m: "x secret:k/c" }, n: 1.5, on: true }
resources:
  - { name: f, type: file, path: /f, content: "secret:k/d {{ vars.a }}", owner: root, group: "0" }
  - { name: gone, type: file, path: /gone, ensure: absent }
  - { name: d, type: directory, path: /d, mode: "2775" }
  - { name: nod, type: directory, path: /nod, ensure: absent }
  - { name: e, type: exec, command: [a, b], onlyif: c, stdin: "secret:k/e", creates: /c, cwd: /, timeout: 90s }
`,
});
const ref = (key: string) => `__VIGO_SECRET__${key}__END_VIGO_SECRET__`;
const file = { name: 'f', type: 'file', path: '/f', ensure: 'present', mode: '0644' };
const bodyWith = (resource: Json, vars: Json = {}): Json => ({
  v: 1,
  configcrates: [{ name: 'web', vars, resources: [resource] }],
});
const parse = (json: Json) => parseBody(utf8(canonicalJson(json)));

t.test('a body parses and encodes to the same bytes', async (t) => {
  t.same(Buffer.from(encodeBody(parseBody(bytes))), Buffer.from(bytes));
  t.ok(parse(bodyWith(file)));
});

t.test('the refs of a body and of a resource', async (t) => {
  const body = parseBody(bytes);
  t.same([...refsOf(body)].sort(), ['k/a', 'k/b', 'k/c', 'k/d', 'k/e']);
  const refs = body.configcrates[0]?.resources.map((resource) => [...refsOfResource(resource)].sort());
  t.same(refs, [['k/a', 'k/d'], [], [], [], ['k/e']]);
});

t.test('what no server would send', async (t) => {
  const wrong: readonly Json[] = [
    null,
    [],
    {},
    { v: 1 },
    { v: 2, configcrates: [] },
    { v: '1', configcrates: [] },
    { v: 1, configcrates: {} },
    { v: 1, configcrates: [], more: 1 },
    { v: 1, configcrates: [null] },
    { v: 1, configcrates: [{ name: 'a', vars: {} }] },
    { v: 1, configcrates: [{ name: 'A', vars: {}, resources: [] }] },
    { v: 1, configcrates: [{ name: 'a', vars: [], resources: [] }] },
    { v: 1, configcrates: [{ name: 'a', vars: {}, resources: [], more: 1 }] },
    { v: 1, configcrates: [1, 2].map(() => ({ name: 'a', vars: {}, resources: [] })) },
    bodyWith(file, { A: 1 }),
    bodyWith(file, { a: null }),
    bodyWith(file, { a: [[1]] }),
    bodyWith(file, { a: { b: {} } }),
    bodyWith(file, { a: { _b: 1 } }),
    bodyWith(file, { a: '__VIGO_SECRET__' }),
    bodyWith({ ...file, name: 'a\nb' }),
    bodyWith({ ...file, name: 1 }),
    bodyWith({ ...file, type: 'package' }),
    bodyWith({ ...file, type: '__proto__' }),
    bodyWith({ ...file, more: 'x' }),
    bodyWith({ ...file, constructor: 'x' }),
    bodyWith({ ...file, path: 'f' }),
    bodyWith({ ...file, path: `/${ref('k/a')}` }),
    bodyWith({ ...file, path: ['/f'] }),
    bodyWith({ ...file, content: 1 }),
    bodyWith({ ...file, content: `__VIGO_SECRET__${ref('k/a')}` }),
    bodyWith({ ...file, content: ref('k//a') }),
    bodyWith({ ...file, content: ref('k/a') }),
    bodyWith({ ...file, ensure: 'absent' }),
    bodyWith({ name: 'f', type: 'file', path: '/f', ensure: 'present' }),
    bodyWith({ name: 'f', type: 'file', path: '/f', mode: '0644' }),
    bodyWith({ name: 'f', type: 'exec', command: [], timeout: '5m' }),
    bodyWith({ name: 'f', type: 'exec', command: `a ${ref('k/a')}`, timeout: '5m' }),
    bodyWith({ name: 'f', type: 'exec', command: 'a', timeout: '2d' }),
    { v: 1, configcrates: [{ name: 'a', vars: {}, resources: [file, file] }] },
  ];
  for (const json of wrong)
    t.throws(() => parse(json), { name: 'PolicyError', code: 'invalid_body' }, canonicalJson(json));
});

t.test('bytes that are no canonical JSON', async (t) => {
  const text = fromUtf8(bytes);
  for (const wrong of [
    '',
    ' ',
    `${text} `,
    text.replace('"v":1', '"v":1.0'),
    text.replace('{', '{"v":1,'),
    '['.repeat(1_000_000),
    '['.repeat(100_000) + ']'.repeat(100_000),
  ]) {
    t.throws(() => parseBody(utf8(wrong)), { code: 'invalid_body' });
  }
  t.throws(() => parseBody(Uint8Array.of(0xff)), { code: 'invalid_body' });
  t.throws(() => parseBody(new Uint8Array(8 * 1024 * 1024 + 1)), { code: 'invalid_body' });
});

t.test('junk is refused with one error, and what is taken encodes back', async () => {
  const accepts = (candidate: Uint8Array): boolean => {
    try {
      return Buffer.compare(encodeBody(parseBody(candidate)), candidate) === 0;
    } catch (error) {
      return error instanceof PolicyError && error.code === 'invalid_body';
    }
  };
  fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), accepts), { numRuns: 200 });
  fc.assert(
    fc.property(fc.json({ maxDepth: 5 }), (json) => accepts(utf8(json))),
    { numRuns: 200 },
  );
  const anywhere = fc.nat({ max: bytes.length - 1 });
  const changed = (at: number, byte: number) => {
    const copy = Uint8Array.from(bytes);
    copy[at] = byte;
    return accepts(copy);
  };
  fc.assert(fc.property(anywhere, fc.nat({ max: 255 }), changed), { numRuns: 1000 });
});
