import { createHash } from 'node:crypto';
import t from 'tap';
import { encodeCanonical, fromUtf8, parseHostName } from '../../lib/base/index.js';
import { loadSha256 } from '../../lib/crypto/index.js';
import { Bodies, encodeBody, parseBody, type Resource, refsOf, type Stacks } from '../../lib/policy/index.js';
import { bodyOf, stacksOf, webWith } from './kit.js';

async function resourceOf(resource: string, vars?: string): Promise<Resource | undefined> {
  return parseBody((await bodyOf(webWith(resource, vars))).bytes).configcrates[0]?.resources[0];
}

const EXAMPLE = {
  'web.vgo': `
configcrate: web
vars: { port: 8080, dsn: "secret:vigo/db/dsn" }
resources:
  - name: app-config
    type: file
    path: /etc/app/config.ini
    content: |
      dsn = secret:vigo/db/dsn
      port = {{ vars.port }}
    mode: "0640"
  - { name: reload, type: exec, command: ["systemctl","reload","app"], stdin: "{{ vars.dsn }}" }
---
configcrate: base
resources:
  - { name: motd, type: file, path: /etc/motd, content: "hello\\n" }
`,
  'envoys.vgo': `
envoys:
  - match: "web-*"
    configcrates: [base, web]
    vars: { port: 9090 }
  - { match: "db-?", configcrates: [base] }
  - { match: "cache-*", configcrates: [base] }
`,
};

t.test('a body is canonical JSON with placeholders', async (t) => {
  const body = await bodyOf(EXAMPLE);
  const ref = '__VIGO_SECRET__vigo/db/dsn__END_VIGO_SECRET__';
  t.equal(
    fromUtf8(body.bytes),
    '{"configcrates":[' +
      '{"name":"base","resources":[{"content":"hello\\n","ensure":"present","mode":"0644","name":"motd",' +
      '"path":"/etc/motd","type":"file"}],"vars":{}},' +
      `{"name":"web","resources":[{"content":"dsn = ${ref}\\nport = 9090\\n","ensure":"present","mode":"0640",` +
      '"name":"app-config","path":"/etc/app/config.ini","type":"file"},' +
      `{"command":["systemctl","reload","app"],"name":"reload","stdin":"${ref}","timeout":"5m","type":"exec"}],` +
      `"vars":{"dsn":"${ref}","port":9090}}],"v":1}`,
  );
  t.same([...body.refs], ['vigo/db/dsn']);
  const hash = createHash('sha256').update(encodeCanonical('vigo/policy-body/v1', body.bytes)).digest();
  t.same(Buffer.from(body.hash), hash);
  t.equal(body.key, hash.toString('hex'));
});

t.test('what a host parses is what the server built', async (t) => {
  const body = await bodyOf(EXAMPLE);
  const parsed = parseBody(body.bytes);
  t.same(Buffer.from(encodeBody(parsed)), Buffer.from(body.bytes));
  t.same(refsOf(parsed), body.refs);
});

t.test('the first rule that matches decides, and bodies are shared', async (t) => {
  const bodies = new Bodies(await stacksOf(EXAMPLE), await loadSha256());
  const of = (host: string) => bodies.for(parseHostName(host));
  t.equal(of('web-1'), of('web-2'));
  t.equal(of('db-1'), of('cache-9'), 'two rules that give the same');
  t.not(of('web-1'), of('db-1'));
  t.same([...of('db-1').refs], []);
  t.equal(fromUtf8(of('other').bytes), '{"configcrates":[],"v":1}', 'no rule: nothing to do, and nothing to resolve');
  t.equal(of('other').refs.size, 0);
});

t.test('a var takes its own type where it stands alone', async (t) => {
  const vars = '{ words: [echo, 1, true], port: 8080, on: true, text: a b, path: /x }';
  t.match(await resourceOf('{ name: x, type: exec, command: "{{ vars.words }}" }', vars), {
    command: ['echo', '1', 'true'],
  });
  t.match(await resourceOf('{ name: x, type: exec, command: "{{ vars.text }}" }', vars), { command: 'a b' });
  t.match(await resourceOf('{ name: x, type: exec, command: [a, "{{vars.port}}"] }', vars), { command: ['a', '8080'] });
  t.match(await resourceOf('{ name: x, type: file, path: "{{ vars.path }}/{{ vars.on }}" }', vars), {
    path: '/x/true',
  });
});

t.test('a var is text, whatever it holds', async (t) => {
  const vars = '{ a: "{{ vars::b }}", b: "secret::x/y", c: "secret", d: "{{" }';
  const content = '{{ vars.a }} {{ vars.b }} {{ vars.c }}:x/y {{ vars.d }} vars.a }}';
  const file = await resourceOf(`{ name: x, type: file, path: /x, content: '${content}' }`, vars);
  t.match(file, { content: '{{ vars.b }} secret:x/y secret:x/y {{ vars.a }}' });
});

t.test('a secret through a var is entitled, and an overridden one is not', async (t) => {
  const web =
    'configcrate: web\nvars: { a: "secret:k/a" }\nresources:\n  - { name: x, type: file, path: /x, content: "{{ vars.a }}" }\n';
  const envoys =
    'envoys:\n  - { match: "a", configcrates: [web], vars: { a: "secret:k/b" } }\n  - { match: "b", configcrates: [web] }\n';
  const tree = { 'web.vgo': web, 'envoys.vgo': envoys };
  t.same([...(await bodyOf(tree, 'a')).refs], ['k/b']);
  t.same([...(await bodyOf(tree, 'b')).refs], ['k/a']);
});

t.test('a placeholder that no operator wrote ends the build', async (t) => {
  const stacks = await stacksOf(webWith('{ name: x, type: file, path: /x, content: "secret:k/a" }'));
  const forged: Stacks = {
    rules: stacks.rules,
    crates: new Map([...stacks.crates].map(([name, crate]) => [name, { ...crate, refs: [] }])),
  };
  const bodies = new Bodies(forged, await loadSha256());
  t.throws(() => bodies.for(parseHostName('a')), { name: 'PolicyError', code: 'not_entitled' });
});
