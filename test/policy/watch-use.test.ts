import t from 'tap';
import { fromUtf8 } from '../../lib/base/index.js';
import { checkSecrets, encodeBody, formatPosition, parseBody } from '../../lib/policy/index.js';
import { SecretsTwin } from '../secrets-twin.js';
import { bodyOf, problemsOf, stacksOf, unmark, webWith } from './kit.js';

t.test('a body names what is watched, and entitles to none of it (D4)', async (t) => {
  const body = await bodyOf(
    webWith(`{ name: x, type: exec, command: "true", stdin: "secret:k/own", watch_secret: [db/dsn, "tls/*", k/own] }
  - { name: y, type: file, path: /y, watch_secret: db/dsn }
  - { name: z, type: directory, path: /z }`),
  );
  t.same([...body.refs], ['k/own']);
  t.same(body.watches, [['db/dsn', 'tls/*', 'k/own'], ['db/dsn']]);
  t.match(fromUtf8(body.bytes), '"watch_secret":["db/dsn","tls/*","k/own"]');
  t.same(Buffer.from(encodeBody(parseBody(body.bytes))), Buffer.from(body.bytes));
});

t.test('what can not be watched is refused where it stands', async (t) => {
  const { tree, expected } = unmark(
    webWith(`{ name: a, type: exec, command: "true", watch_secret: ▶[] }
  - { name: b, type: exec, command: "true", watch_secret: ▶no//key }
  - { name: c, type: exec, command: "true", watch_secret: [k/a, ▶"k/ä*", ▶vigo/web/auth/admin] }
  - { name: d, type: exec, command: "true", watch_secret: ▶"secret:k/a" }
  - { name: e, type: exec, command: "true", watch_secret: "k/▶{{ vars.which }}" }
  - { name: f, type: exec, command: "true", watch_secret: ▶{ a: b } }
  - { name: g, type: exec, command: "true", watch_secret: ▶7 }
  - { name: h, type: exec, command: "true", creates: ▶/x, watch_secret: k/a }
  - { name: i, type: exec, command: "true", ▶watch_secrets: k/a }`),
  );
  t.same(await problemsOf(tree), expected);
});

t.test('in a body too, which may come from somewhere else', async (t) => {
  const command = '{"command":"true","name":"x","timeout":"5m","type":"exec"';
  const body = (watch: string) =>
    Buffer.from(`{"configcrates":[{"name":"web","resources":[${command},${watch}}],"vars":{}}],"v":1}`);
  t.match(parseBody(body('"watch_secret":["a","b*"]')).configcrates[0]?.resources[0], { watch_secret: ['a', 'b*'] });
  for (const watch of [
    '"a"',
    '[]',
    '["a//b"]',
    '["__VIGO_SECRET__a__END_VIGO_SECRET__"]',
    '["__VIGO_SECRET__*"]',
    '["vigo/server/key"]',
    JSON.stringify(Array.from({ length: 101 }, (_, i) => `k${i}`)),
  ]) {
    t.throws(() => parseBody(body(`"watch_secret":${watch}`)), { name: 'PolicyError', code: 'invalid_body' }, watch);
  }
});

t.test('a key that is watched must exist, what a glob fits need not (D1)', async (t) => {
  const { tree, expected } = unmark(
    webWith('{ name: x, type: exec, command: "true", watch_secret: [k/there, ▶k/missing, "other/*"] }'),
  );
  const stacks = await stacksOf(tree);
  const problems = (names: string[]) => {
    const secrets = new SecretsTwin(Object.fromEntries(names.map((name) => [name, name])));
    return checkSecrets(stacks, { secrets, seenVersions: new Map() });
  };
  t.same((await problems(['k/there'])).map(formatPosition), expected);
  t.same(await problems(['k/there', 'k/missing']), []);
});
