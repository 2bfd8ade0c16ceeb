import t from 'tap';
import { utf8 } from '../../lib/base/index.js';
import { makeGuard } from '../../lib/guard/index.js';
import { examineStacks, formatPosition, PolicyError, parseStacks } from '../../lib/policy/index.js';
import { problemsOf, stacksOf, type Tree, unmark } from './kit.js';

/** Each ▶ stands before a place where exactly one problem must be reported; there must be no others. */
const wrong: Readonly<Record<string, Tree>> = {
  'a file that holds a text': { 'web.vgo': '▶hello\n---\nconfigcrate: web\n' },
  'a file that holds a list': { 'web.vgo': '▶- configcrate: web\n---\nconfigcrate: web\n' },
  'a document that is no crate': { 'x.vgo': '▶resources: []\n', 'web.vgo': 'configcrate: web\n' },
  'an unknown field of a crate': { 'web.vgo': 'configcrate: web\n▶colour: red\n' },
  'a crate with a bad name': { 'web.vgo': 'configcrate: web\n---\nconfigcrate: ▶Web Server\n' },
  'a crate whose name is a number': { 'web.vgo': 'configcrate: web\n---\nconfigcrate: ▶7\n' },
  'a crate whose name holds a var': { 'web.vgo': 'configcrate: web\n---\nconfigcrate: "▶{{ vars.x }}"\n' },
  'a crate whose name is secret': { 'web.vgo': 'configcrate: web\n---\nconfigcrate: ▶secret:a/b\n' },
  'the same crate twice': { 'a.vgo': 'configcrate: web\n', 'b.vgo': '# again\n▶configcrate: web\n' },
  'the same key twice': { 'web.vgo': 'configcrate: web\nvars: {}\n▶vars: {}\n' },
  'YAML that does not parse': { 'web.vgo': 'configcrate: web\nvars: { a: 1\n▶' },
  'a list that is not closed': { 'web.vgo': 'configcrate: web\n', 'x.vgo': 'configcrate: [\n▶' },
  'bad indentation': { 'web.vgo': 'configcrate: web\nvars:\n  a: 1\n▶ b: 2\n' },
  'resources that are a map': { 'web.vgo': 'configcrate: web\nresources: ▶{ name: x }\n' },
  'resources that are nothing': { 'web.vgo': 'configcrate: web\nresources:▶\n' },
  'a resource that is a text': { 'web.vgo': 'configcrate: web\nresources:\n  - ▶file\n' },
  'a resource without a name': { 'web.vgo': 'configcrate: web\nresources:\n  - ▶{ type: exec, command: "true" }\n' },
  'a resource without a type': { 'web.vgo': 'configcrate: web\nresources:\n  - ▶{ name: x }\n' },
  'an unknown type': { 'web.vgo': 'configcrate: web\nresources:\n  - { name: x, type: ▶files }\n' },
  'a type called constructor': { 'web.vgo': 'configcrate: web\nresources:\n  - { name: x, type: ▶constructor }\n' },
  'a missing attribute': {
    'web.vgo':
      'configcrate: web\nresources:\n  - name: ok\n    type: exec\n    command: "true"\n  - ▶name: x\n    type: file\n',
  },
  'an unknown attribute': {
    'web.vgo': 'configcrate: web\nresources:\n  - name: x\n    type: file\n    path: /x\n    ▶contents: y\n',
  },
  'an attribute of another type': {
    'web.vgo': 'configcrate: web\nresources:\n  - { name: x, type: directory, path: /x, ▶content: y }\n',
  },
  'the same resource twice': {
    'web.vgo':
      'configcrate: web\nresources:\n  - { name: x, type: file, path: /x }\n  - ▶{ name: x, type: file, path: /y }\n',
  },
  'the same path twice in a body': {
    'web.vgo':
      'configcrate: web\nresources:\n  - { name: x, type: file, path: /x }\n  - { name: y, type: directory, path: ▶/x }\n',
  },
  'a resource name of two lines': {
    'web.vgo': 'configcrate: web\nresources:\n  - { name: ▶"a\\nb", type: file, path: /x }\n',
  },
  'a resource name that is secret': {
    'web.vgo': 'configcrate: web\nresources:\n  - { name: "x ▶secret:a", type: file, path: /x }\n',
  },
  'a mode that is a number': {
    'web.vgo': 'configcrate: web\nresources:\n  - { name: x, type: file, path: /x, mode: ▶0644 }\n',
  },
  'a content that is nothing': {
    'web.vgo': 'configcrate: web\nresources:\n  - { name: x, type: file, path: /x, content: ▶}\n',
  },
  'a relative path': { 'web.vgo': 'configcrate: web\nresources:\n  - { name: x, type: file, path: ▶etc/x }\n' },
  'a path with dots': { 'web.vgo': 'configcrate: web\nresources:\n  - { name: x, type: file, path: ▶/etc/../x }\n' },
  'a number among arguments': {
    'web.vgo': 'configcrate: web\nresources:\n  - { name: x, type: exec, command: [sleep, ▶5] }\n',
  },
  'a list among arguments': {
    'web.vgo': 'configcrate: web\nresources:\n  - { name: x, type: exec, command: [sleep, ▶[a]] }\n',
  },
  'vars that are a list': { 'web.vgo': 'configcrate: web\nvars: ▶[a]\n' },
  'a var with a bad name': { 'web.vgo': 'configcrate: web\nvars: { ▶Port: 1, ▶a-b: 2, ▶__proto__: 3, ok: 4 }\n' },
  'a var without a value': { 'web.vgo': 'configcrate: web\nvars:\n  a:▶\n' },
  'a var of maps': { 'web.vgo': 'configcrate: web\nvars: { a: { b: ▶{ c: 1 } }, d: [▶[1]] }\n' },
  'a var with a bad member': { 'web.vgo': 'configcrate: web\nvars: { a: { ▶__proto__: 1 } }\n' },
  'numbers that would change': {
    'web.vgo':
      'configcrate: web\nvars: { a: ▶1.10, b: ▶0644, c: ▶0x1F, d: ▶9007199254740993, e: ▶.inf, f: ▶-0, g: 1.5 }\n',
  },
  'booleans that would change': { 'web.vgo': 'configcrate: web\nvars: { a: ▶True, b: ▶FALSE, c: true, d: yes }\n' },
  'a var of a var': { 'web.vgo': 'configcrate: web\nvars: { a: 1, b: "x ▶{{ vars.a }}" }\n' },
  'an unknown var': {
    'web.vgo':
      'configcrate: web\nresources:\n  - name: x\n    type: file\n    path: /x\n    content: |\n      one\n      port = ▶{{ vars.prot }}\n',
  },
  'a var that is no name': {
    'web.vgo':
      'configcrate: web\nresources:\n  - { name: x, type: file, path: /x, content: "a ▶{{ vars.Port }} ▶{{vars.x|int}}" }\n',
  },
  'a list in a text': {
    'web.vgo':
      'configcrate: web\nvars: { a: [1] }\nresources:\n  - { name: x, type: file, path: /x, content: "a ▶{{ vars.a }}" }\n',
  },
  'a bad ref': {
    'web.vgo':
      'configcrate: web\nvars: { a: "▶secret:a//b", b: "▶secret:/etc", c: "▶secret:...", d: "x ▶secret:.a" }\n',
  },
  'a computed ref': {
    'web.vgo':
      'configcrate: web\nvars: { a: "▶secret:{{ vars.k }}", b: "▶secret:db/{{ vars.k }}", c: "▶secret:db{{ x }}" }\n',
  },
  'a ref that could be two': { 'web.vgo': 'configcrate: web\nvars: { a: "▶secret:db/user/secret:db/password" }\n' },
  'reserved keys': {
    'web.vgo': 'configcrate: web\nvars: { a: "▶secret:vigo/web/auth/dan", b: "x ▶secret:vigo/server/tls" }\n',
  },
  'a key that reads as another one': { 'web.vgo': 'configcrate: web\nvars: { a: "▶secret:a__END_VIGO_SECRET" }\n' },
  'marker text, in a comment too': {
    'web.vgo': 'configcrate: web # ▶__VIGO_SECRET__\nvars: { a: "▶__VIGO_SECRET__a/b▶__END_VIGO_SECRET__" }\n',
  },
  'marker text behind an escape': { 'web.vgo': 'configcrate: web\nvars: { a: ▶"\\x5f_VIGO_SECRET__" }\n' },
  'an anchor and an alias': { 'web.vgo': 'configcrate: web\nvars: { a: &x ▶1, b: ▶*x }\n' },
  'an alias of nothing': { 'web.vgo': 'configcrate: web\nvars: { b: ▶*x }\n' },
  'a tag': { 'web.vgo': 'configcrate: web\nvars: { a: !!str ▶1, b: !x ▶y }\n' },
  'a directive': { 'web.vgo': '▶%YAML 1.1\n---\nconfigcrate: web\n' },
  'a key that is a list': { 'web.vgo': 'configcrate: web\nvars: { ▶[a]: 1 }\n' },
  'half a character': { 'web.vgo': 'configcrate: web\nvars: { a: ▶"\\uD800" }\n' },
  'rules in another file': { 'web.vgo': 'configcrate: web\n---\n▶envoys: []\n' },
  'a crate among the rules': { 'envoys.vgo': 'envoys: []\n---\n▶configcrate: web\n' },
  'rules twice': { 'envoys.vgo': 'envoys: []\n---\n▶envoys: []\n' },
  'rules in two files': { 'envoys.vgo': 'envoys: []\n', 'x/envoys.vgo': '▶envoys: []\n' },
  'an empty file of rules': { 'envoys.vgo': '▶# nothing\n' },
  'rules that are a map': { 'envoys.vgo': 'envoys: ▶{ match: x }\n' },
  'a rule without match': { 'envoys.vgo': 'envoys:\n  - ▶{ configcrates: [] }\n' },
  'a rule without crates': { 'envoys.vgo': 'envoys:\n  - ▶match: "*"\n' },
  'an unknown field of a rule': { 'envoys.vgo': 'envoys:\n  - { match: "*", configcrates: [], ▶crates: [] }\n' },
  'a bad pattern': { 'envoys.vgo': 'envoys:\n  - { match: ▶"web_*", configcrates: [] }\n' },
  'an unknown crate': { 'envoys.vgo': 'envoys:\n  - { match: "*", configcrates: [▶base] }\n' },
  'a crate twice in a rule': {
    'web.vgo': 'configcrate: web\n',
    'envoys.vgo': 'envoys:\n  - { match: "*", configcrates: [web, ▶web] }\n',
  },
  'a var that overrides nothing': {
    'web.vgo': 'configcrate: web\nvars: { port: 1 }\n',
    'envoys.vgo': 'envoys:\n  - { match: "*", configcrates: [web], vars: { port: 2, ▶prot: 3 } }\n',
  },
  'an override that does not fit': {
    'web.vgo':
      'configcrate: web\nvars: { dir: /x }\nresources:\n  - { name: x, type: file, path: ▶"{{ vars.dir }}" }\n',
    'envoys.vgo':
      'envoys:\n  - { match: "a*", configcrates: [web] }\n  - { match: "b*", configcrates: [web], vars: { dir: x } }\n',
  },
  'problems of a crate that no rule uses': {
    'a.vgo': 'configcrate: unused\nresources:\n  - { name: x, type: file, path: ▶x }\n',
    'web.vgo': 'configcrate: web\n',
  },
  'problems of several files': {
    'a.vgo': 'configcrate: a\n▶x: 1\n▶y: 2\n',
    'web.vgo': 'configcrate: web\nvars: { a: { b: 1, ▶__proto__: 2 }, ▶B: 3 }\n',
  },
  'two problems of one resource': {
    'web.vgo':
      'configcrate: web\nresources:\n  - { name: x, type: file, path: ▶x, ▶colour: red, mode: ▶"9", owner: ▶"a b" }\n',
  },
  'problems of a resource without a name': {
    'web.vgo': 'configcrate: web\nresources:\n  - ▶{ type: file, path: ▶x }\n',
  },
  'problems of a resource of an unknown type': {
    'web.vgo':
      'configcrate: web\nresources:\n  - { name: x, type: ▶fil, content: "▶secret:.x", watch_secret: ▶"a b" }\n',
  },
  'problems of a resource that is declared twice': {
    'web.vgo':
      'configcrate: web\nresources:\n  - { name: x, type: file, path: /x }\n  - ▶{ name: x, type: file, path: ▶y }\n',
  },
  'problems of a crate that is declared twice': {
    'a.vgo': 'configcrate: web\n',
    'b.vgo': '▶configcrate: web\nresources:\n  - { name: x, type: file, path: ▶y }\n',
  },
  'attributes that do not go together, beside one that is wrong': {
    'web.vgo':
      'configcrate: web\nresources:\n  - { name: x, type: file, path: ▶x, content: "secret:a", mode: ▶"0644" }\n',
  },
  'a secret in an argument, beside an unknown var': {
    'web.vgo':
      'configcrate: web\nresources:\n  - { name: x, type: exec, command: "▶secret:a ▶{{ vars.x }}", timeout: ▶soon }\n',
  },
  'problems of a rule without a pattern': {
    'envoys.vgo': 'envoys:\n  - ▶{ configcrates: [▶base], vars: { ▶A: ▶1.10 } }\n',
  },
  'problems of a second list of rules': {
    'envoys.vgo': 'envoys: []\n---\n▶envoys:\n  - { match: "*", configcrates: [▶base] }\n',
  },
  'problems of rules in another file': {
    'web.vgo': 'configcrate: web\n---\n▶envoys:\n  - { match: "*", configcrates: [▶base] }\n',
  },
  'problems beside a file that is not UTF-8 or YAML': {
    'envoys.vgo': 'envoys:\n  - { match: "*", configcrates: [web, ▶base] }\n',
    'web.vgo': 'configcrate: web\nresources:\n  - name: x\n    type: file\n    path: ▶x\n  - name: y\n▶   type: file\n',
  },
  'problems behind a line that is not YAML': {
    'web.vgo':
      'configcrate: web\nvars: {}\nresources:\n  - name: x\n    type: file\n    path: "/x" ▶y\n    mode: ▶"9"\n',
  },
  'problems of the document behind one that is not YAML': {
    'web.vgo': 'configcrate: web\nvars: { a: 1\n▶---\nconfigcrate: b\n▶colour: red\n',
  },
  'an unquoted * and an unquoted pattern, and what stands beside them': {
    'envoys.vgo': 'envoys:\n  - match: ▶*\n    configcrates: [▶a]\n  - { match: ▶*-web, configcrates: [▶b] }\n',
  },
  'a file with Windows line ends': { 'web.vgo': 'configcrate: web\r\nvars:\r\n  a: "▶secret:.x"\r\n' },
};

t.test('every problem has its place, and there are no others', async (t) => {
  for (const [title, marked] of Object.entries(wrong)) {
    const { tree, expected } = unmark(marked);
    t.same([...(await problemsOf(tree))].sort(), [...expected].sort(), title);
  }
});

t.test('the places of refs and vars inside texts of every style', async (t) => {
  const body = (content: string) =>
    `configcrate: web\nresources:\n  - name: x\n    type: file\n    path: /x\n    content: ${content}\n`;
  for (const content of [
    '|\n      a\n\n        b ▶{{ vars.x }}\n      c {{ vars::x }} ▶{{ vars.y }} ▶{{ vars.y }}',
    '>-\n      a folded\n      text ▶{{ vars.x }}',
    '"one \\n two ▶{{ vars.x }}"',
    "'it''s ▶{{ vars.x }}'",
    'plain ▶{{ vars.x }}',
    'plain\n      over ▶{{ vars.x }} lines',
    // An escape hides the text from the search: the place of the whole scalar has to do.
    '▶"\\x7b{ vars.x }}"',
  ]) {
    const { tree, expected } = unmark({ 'web.vgo': body(content) });
    t.same(await problemsOf(tree), expected, content);
  }
});

t.test('files beyond the limits', async (t) => {
  t.same(await problemsOf({ 'web.vgo': `configcrate: web\n#${'x'.repeat(1024 * 1024)}` }), ['web.vgo:1:1']);
  const many = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`${i}.vgo`, '']));
  t.same(await problemsOf(many), ['envoys.vgo:1:1']);
  const large = Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`${i}.vgo`, '#'.repeat(1_000_000)]));
  t.same(await problemsOf(large), ['envoys.vgo:1:1']);
  await t.rejects(parseStacks(new Map([['web.vgo', Uint8Array.of(0xff)]])), { code: 'invalid_config' });
});

t.test('a tree without rules', async (t) => {
  const error = await parseStacks(new Map([['web.vgo', utf8('configcrate: web\n')]])).catch((error) => error);
  t.ok(error instanceof PolicyError);
  t.same(
    error.problems.map(({ file }: { file: string }) => file),
    ['envoys.vgo'],
  );
});

t.test('a pattern that begins with * is said to need quotes', async (t) => {
  const text = 'envoys:\n  - match: *\n    configcrates: []\n  - match: *-web\n    configcrates: []\n';
  const { problems } = await examineStacks(new Map([['envoys.vgo', utf8(text)]]));
  t.same(
    problems.map(({ line, hint }) => [line, hint]),
    [
      [2, 'quote it: "*"'],
      [4, 'quote it: "*-web"'],
    ],
  );
});

t.test('eleven planted problems are shown as eleven', async (t) => {
  const { tree, expected } = unmark({
    'base.vgo':
      'configcrate: base\n▶colour: red\nvars: { ▶Port: 1 }\nresources:\n  - name: motd\n    type: file\n    path: ▶etc/motd\n    mode: ▶0644\n',
    'broken.vgo': 'configcrate: broken\nresources:\n  - name: "x" ▶y\n    type: exec\n',
    'envoys.vgo': 'envoys:\n  - match: ▶*-web\n    configcrates: [base, web, ▶nginx]\n    vars: { ▶prot: 1 }\n',
    'web.vgo':
      'configcrate: web\nresources:\n  - { name: a, type: ▶files }\n  - { name: b, type: exec, command: ▶"rm -rf /", onlyif: "▶{{ vars.x }}" }\n',
  });
  const files = new Map(Object.entries(tree).map(([file, text]) => [file, utf8(text)]));
  const { problems } = await examineStacks(files, { guard: makeGuard([]) });
  t.equal(expected.length, 11);
  t.same(problems.map(formatPosition), expected);
});

t.test('the first problems are kept, and not a million', async (t) => {
  const fields = Array.from({ length: 1000 }, (_, i) => `x${i}: 1\n`).join('');
  t.equal((await problemsOf({ 'web.vgo': `configcrate: web\n${fields}` })).length, 200);
});

t.test('files without a crate and empty documents are fine', async (t) => {
  const { crates } = await stacksOf({
    'a.vgo': '',
    'b.vgo': '# off\n',
    'web.vgo': '---\nconfigcrate: web\n---\n---\n',
  });
  t.same([...crates.keys()], ['web']);
});

t.test('the guard is asked for every action, and its findings have a place', async (t) => {
  const { tree, expected } = unmark({
    'web.vgo':
      'configcrate: web\nresources:\n  - { name: x, type: file, path: ▶/x }\n  - { name: y, type: exec, command: ▶a, unless: ▶[b, c] }\n',
  });
  const asked: unknown[] = [];
  const guard = { inspect: (action: object) => [asked.push(action)].map(() => ({ message: 'no' })) };
  t.same(await problemsOf(tree, { guard }), expected);
  t.same(asked, [
    { kind: 'write', path: '/x', attribute: 'path' },
    { kind: 'command', command: 'a', attribute: 'command' },
    { kind: 'command', command: ['b', 'c'], attribute: 'unless' },
  ]);
});

t.test('texts that were made to stall the search for refs are read in linear time', async (t) => {
  for (const [content, problems] of [
    ['{{ vars.a }}'.repeat(40_000), 0],
    [Array.from({ length: 30_000 }, (_, i) => `secret:${i}`).join(' '), 1],
    [`secret:${'.'.repeat(1_000_000)}`, 1],
    ['secret:a'.repeat(100_000), 0],
    ['{{ vars.'.repeat(50_000), 200],
    [`{{${' '.repeat(1_000_000)}`, 0],
  ] as const) {
    const resources = [{ name: 'x', type: 'file', path: '/x', content }];
    // JSON is YAML.
    const web = JSON.stringify({ configcrate: 'web', vars: { a: '' }, resources });
    t.equal((await problemsOf({ 'web.vgo': web })).length, problems, content.slice(0, 20));
  }
});
