import t from 'tap';
import { bodyOf, problemsOf, unmark, webWith } from './kit.js';

t.test('secrets are refused where everybody could see them', async (t) => {
  const vars = '{ s: "secret:a", list: [x, "secret:b"] }';
  for (const resource of [
    '{ name: x, type: file, path: "/▶secret:a" }',
    '{ name: x, type: file, path: "/▶{{ vars.s }}" }',
    '{ name: x, type: file, path: /x, owner: "▶secret:a" }',
    '{ name: x, type: file, path: /x, ensure: "▶secret:a" }',
    '{ name: x, type: directory, path: /x, mode: "▶{{ vars.s }}" }',
    '{ name: x, type: exec, command: "login ▶secret:a ▶{{ vars.s }}" }',
    '{ name: x, type: exec, command: [login, "--password=▶secret:a"] }',
    '{ name: x, type: exec, command: "▶{{ vars.list }}" }',
    '{ name: x, type: exec, command: a, onlyif: "▶secret:a" }',
    '{ name: x, type: exec, command: a, unless: [b, "▶{{ vars.s }}"] }',
    '{ name: x, type: exec, command: a, cwd: "/▶secret:a" }',
    '{ name: x, type: exec, command: a, creates: "/▶secret:a" }',
    '{ name: x, type: exec, command: a, timeout: "▶secret:a" }',
  ]) {
    const { tree, expected } = unmark(webWith(resource, vars));
    t.same(await problemsOf(tree), expected, resource);
  }
  t.same(await problemsOf(webWith('{ name: x, type: file, path: /x, content: "a secret:a {{ vars.s }}" }', vars)), []);
  t.same(await problemsOf(webWith('{ name: x, type: exec, command: a, stdin: "secret:a {{ vars.s }}" }', vars)), []);
});

t.test('a marker that is assembled from harmless pieces', async (t) => {
  const attacks: readonly (readonly [string, string])[] = [
    ['{ a: "RET__", b: "SECRET__" }', '__VIGO_SEC{{ vars.a }}k/a__END_VIGO_{{ vars.b }}'],
    ['{ a: "__VIGO_", b: "SECRET__k" }', '{{ vars.a }}{{ vars.b }}'],
    [
      '{ a: "__VIGO", b: "_SECRET__", c: "__END_VIGO", d: k }',
      '{{ vars.a }}{{ vars.b }}{{ vars.d }}{{ vars.c }}{{ vars.b }}',
    ],
    // In front of a true placeholder: it would read as one of the key VIGO_SECRET__k.
    ['{ a: "__VIGO_SECRET", s: "secret:k" }', '{{ vars.a }}{{ vars.s }}'],
    ['{ a: "VIGO_SECRET__", s: "secret:k" }', '{{ vars.s }}{{ vars.a }}'],
    ['{ a: "END_VIGO_SECRET__", s: "secret:k" }', '{{ vars.s }}{{ vars.a }}__{{ vars.a }}'],
  ];
  for (const [vars, content] of attacks) {
    const { tree, expected } = unmark(webWith(`{ name: x, type: file, path: /x, content: ▶"${content}" }`, vars));
    t.same(await problemsOf(tree), expected, content);
  }
});

t.test('texts that interpolation makes huge', async (t) => {
  const vars = `{ a: "${'x'.repeat(100_000)}" }`;
  const content = '{{ vars.a }}'.repeat(11);
  const { tree, expected } = unmark(webWith(`{ name: x, type: file, path: /x, content: ▶"${content}" }`, vars));
  t.same(await problemsOf(tree), expected);

  const nine = Array.from(
    { length: 9 },
    (_, i) => `  - { name: x${i}, type: file, path: /x${i}, content: "${'{{ vars.a }}'.repeat(10)}" }`,
  );
  const large = `configcrate: web\nvars: ${vars}\nresources:\n${nine.join('\n')}\n`;
  t.equal((await problemsOf({ 'web.vgo': large })).length, 1, 'each of them is small enough, all of them are not');
});

t.test('vars that one rule gives to many crates count for the size of a body', async (t) => {
  const crates = Array.from({ length: 90 }, (_, i) => `configcrate: c${i}\nvars: { a: 1 }\n`).join('---\n');
  const names = Array.from({ length: 90 }, (_, i) => `c${i}`).join();
  const envoys = `envoys:\n  - { match: "*", configcrates: [${names}], vars: { a: "${'x'.repeat(100_000)}" } }\n`;
  t.same(await problemsOf({ 'c.vgo': crates, 'envoys.vgo': envoys }), ['envoys.vgo:2:5']);
});

t.test('more refs than an envoy can ask for', async (t) => {
  const refs = Array.from({ length: 4097 }, (_, i) => `secret:k/${i}`).join(' ');
  t.same(await problemsOf(webWith(`{ name: x, type: file, path: /x, content: "${refs}" }`)), ['envoys.vgo:2:5']);
});

t.test('text and bytes that JSON has to escape come out as they were', async (t) => {
  const body = await bodyOf(webWith('{ name: x, type: file, path: "/ö b", content: "\\u2028\\0\\"😀" }'));
  t.ok(Buffer.from(body.bytes).includes('\u2028\\u0000\\"😀'));
});
