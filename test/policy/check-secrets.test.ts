import t from 'tap';
import { type KeyName, parseHostName, parseKeyName, type Secret } from '../../lib/base/index.js';
import { checkSecrets, formatPosition, useOf } from '../../lib/policy/index.js';
import { MAX_BUNDLE_SECRET_BYTES } from '../../lib/wire/index.js';
import { SecretsTwin } from '../secrets-twin.js';
import { stacksOf, unmark } from './kit.js';

const NONE = new Map<KeyName, number>();

const { tree, expected } = unmark({
  'a.vgo': 'configcrate: unused\nvars: { a: "secret:k/a", b: "x ▶secret:k/missing" }\n',
  'envoys.vgo': 'envoys:\n  - { match: "*", configcrates: [web], vars: { a: "▶secret:k/gone" } }\n',
  'web.vgo':
    'configcrate: web\nvars: { a: 1 }\nresources:\n' +
    '  - { name: x, type: file, path: /x, content: "▶secret:k/missing, secret:k/b" }\n',
});

t.test('finds every place that refers to a missing secret', async (t) => {
  const secrets = new SecretsTwin({ 'k/a': '1', 'k/b': '2' });
  const problems = await checkSecrets(await stacksOf(tree), { secrets, seenVersions: NONE });
  t.same(problems.map(formatPosition), expected);
  t.match(problems[0], { message: 'there is no secret k/missing', hint: 'vigocli secrets set raw k/missing' });
});

t.test('a secret is opened once, however many rules and resources need it', async (t) => {
  const opened = new Map<string, number>();
  const twin = new SecretsTwin({ 'k/a': '1', 'k/b': '2' });
  const secrets = {
    open(key: KeyName) {
      opened.set(key, (opened.get(key) ?? 0) + 1);
      return twin.open(key);
    },
  };
  const rules = Array.from({ length: 50 }, (_, i) => `  - { match: "h${i}", configcrates: [web, base] }\n`).join('');
  const crate = (name: string) =>
    `configcrate: ${name}\nresources:\n  - { name: x, type: file, path: /${name}, content: "secret:k/a secret:k/b" }\n`;
  const stacks = await stacksOf({
    'envoys.vgo': `envoys:\n${rules}`,
    'web.vgo': crate('web'),
    'base.vgo': crate('base'),
  });
  t.same(await checkSecrets(stacks, { secrets, seenVersions: NONE }), []);
  t.same(
    [...opened],
    [
      ['k/b', 1],
      ['k/a', 1],
    ].sort(),
  );
  t.ok(twin.opened.every((value) => isWiped(value)));
});

t.test('an older file in the place of a secret is a problem before an envoy asks for it', async (t) => {
  const secrets = new SecretsTwin({ 'k/a': '1' });
  const stacks = await stacksOf({ 'web.vgo': 'configcrate: web\nvars: { a: "secret:k/a" }\n' });
  t.same(await checkSecrets(stacks, { secrets, seenVersions: new Map([[parseKeyName('k/a'), 1]]) }), []);
  const problems = await checkSecrets(stacks, { secrets, seenVersions: new Map([[parseKeyName('k/a'), 2]]) });
  t.match(problems, [{ line: 2, message: /version 1, but there was a version 2/ }]);
});

t.test('more than one answer can hold is a problem of the rule', async (t) => {
  const secrets = new SecretsTwin({ large: new Uint8Array(MAX_BUNDLE_SECRET_BYTES + 1) });
  const stacks = await stacksOf({ 'web.vgo': 'configcrate: web\nvars: { a: "secret:large" }\n' });
  const problems = await checkSecrets(stacks, { secrets, seenVersions: NONE });
  t.match(problems, [{ file: 'envoys.vgo', message: /the secrets for \* have/ }]);
});

t.test('a source that fails by itself is not a missing secret', async (t) => {
  const secrets = { open: () => Promise.reject(new RangeError('away')) };
  await t.rejects(checkSecrets(await stacksOf(tree), { secrets, seenVersions: NONE }), RangeError);
});

t.test('tells which configcrates and how many hosts need a secret', async (t) => {
  const stacks = await stacksOf({
    'envoys.vgo':
      'envoys:\n  - { match: "db-*", configcrates: [db], vars: { a: "secret:k/rule" } }\n' +
      '  - { match: "*", configcrates: [web] }\n',
    'db.vgo': 'configcrate: db\nvars: { a: "secret:k/db" }\n',
    'web.vgo':
      'configcrate: web\nresources:\n  - { name: x, type: exec, command: "true", watch_secret: [k/web, "k/*"] }\n',
    'idle.vgo': 'configcrate: idle\nvars: { a: "secret:k/web" }\n',
  });
  const hosts = ['db-1', 'db-2', 'web-1'].map(parseHostName);
  const use = (key: string) => useOf(stacks, parseKeyName(key), hosts);
  t.same(use('k/db'), { configcrates: ['db'], isInRules: false, hosts: 2 });
  t.same(use('k/rule'), { configcrates: [], isInRules: true, hosts: 2 });
  t.same(use('k/web'), { configcrates: ['idle', 'web'], isInRules: false, hosts: 1 });
  t.equal(use('k/other'), undefined, 'a glob may fit nothing');
});

function isWiped(value: Secret<Uint8Array>): boolean {
  try {
    value.expose();
    return false;
  } catch {
    return true;
  }
}
