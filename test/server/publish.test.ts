import { mkdirSync, readdirSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parseEnvoyId, parseHostName, parseKeyName, uuidFrom } from '../../lib/base/index.js';
import { type Kit, makeServer } from './kit.js';

const ENVOY = { id: parseEnvoyId(uuidFrom(new Uint8Array(16).fill(1))), hostName: parseHostName('web-1') };
const KEY = parseKeyName('shop/db');
const LARGE = parseKeyName('shop/backup');

function write(kit: Kit, content: string): void {
  writeFileSync(join(kit.paths.stacks, 'envoys.vgo'), 'envoys: [{match: "*", configcrates: [shop]}]\n');
  const file = `{name: f, type: file, path: /etc/shop, content: ${JSON.stringify(content)}}`;
  writeFileSync(join(kit.paths.stacks, 'shop.vgo'), `configcrate: shop\nresources: [${file}]\n`);
}

/** What a change would show in: the link, the published trees, the database, and what envoys are given. */
async function state(kit: Kit) {
  return {
    live: readdirSync(kit.paths.root).includes('.live') ? readlinkSync(kit.paths.live) : undefined,
    published: readdirSync(kit.paths.root).includes('published') ? readdirSync(kit.paths.published) : [],
    publications: (await kit.store.listPublications()).length,
    epoch: kit.live.epoch,
    bundle: (await kit.live.bundleFor(ENVOY))?.body.key,
  };
}

t.test('a publication is live: link, database and bundles say the same', async (t) => {
  const kit = await makeServer(t);
  write(kit, 'first');
  const streams: string[] = [];
  kit.wakeUps.add(ENVOY.id, { send: () => void streams.push('hint'), end: () => {} });
  const first = await kit.publishing.publish('somebody');
  t.match(first, { changed: true, policyVersion: kit.clock.ms });
  t.equal(readlinkSync(kit.paths.live), `published/${first.digest}`);
  t.match(await kit.store.currentPublication(), { digest: first.digest, actor: 'somebody' });
  t.equal((await kit.live.bundleFor(ENVOY))?.policyVersion, first.policyVersion);
  t.same(streams, ['hint']);

  const before = await state(kit);
  t.match(await kit.publishing.publish('somebody'), { changed: false, policyVersion: first.policyVersion });
  t.same(await state(kit), before, 'the same again changes nothing');
});

t.test('whatever is wrong with a config, what was live stays live', async (t) => {
  const kit = await makeServer(t);
  write(kit, 'first');
  await kit.publishing.publish('somebody');
  kit.secrets.set(LARGE, new Uint8Array(9 << 20));
  const before = await state(kit);
  const refusals: [string, () => void, { code: string }][] = [
    ['no YAML', () => writeFileSync(join(kit.paths.stacks, 'x.vgo'), 'a: ['), { code: 'invalid_config' }],
    ['a missing secret', () => write(kit, `secret:${KEY}`), { code: 'invalid_config' }],
    ['a reserved secret', () => write(kit, 'secret:vigo/web/auth/admin'), { code: 'invalid_config' }],
    ['marker text', () => write(kit, '__VIGO_SECRET__a__END_VIGO_SECRET__'), { code: 'invalid_config' }],
    ['too much at once', () => write(kit, `secret:${LARGE}`), { code: 'invalid_config' }],
    ['a link', () => symlinkSync('/etc/hosts', join(kit.paths.stacks, 'x.vgo')), { code: 'misplaced' }],
    ['no stacks', () => rmSync(kit.paths.stacks, { recursive: true }), { code: 'missing_folder' }],
  ];
  for (const [what, spoil, error] of refusals) {
    mkdirSync(kit.paths.stacks, { recursive: true });
    spoil();
    await t.rejects(kit.publishing.validate(), error, what);
    await t.rejects(kit.publishing.publish('somebody'), error, what);
    t.same(await state(kit), before, what);
    rmSync(kit.paths.stacks, { recursive: true, force: true });
  }
});

t.test('two at once come one after the other', async (t) => {
  const kit = await makeServer(t);
  write(kit, 'first');
  const [one, two] = await Promise.all([kit.publishing.publish('a'), kit.publishing.publish('b')]);
  t.same([one.changed, two.changed], [true, false]);
  t.equal(one.policyVersion, two.policyVersion);
});

t.test('a rollback is a new and higher version of an earlier config', async (t) => {
  const kit = await makeServer(t);
  await t.rejects(kit.publishing.rollback(undefined, 'a'), { code: 'not_found' });
  write(kit, 'first');
  const first = await kit.publishing.publish('a');
  await t.rejects(kit.publishing.rollback(undefined, 'a'), { code: 'not_found' }, 'there is no other one yet');
  write(kit, 'second');
  const second = await kit.publishing.publish('a');
  const back = await kit.publishing.rollback(undefined, 'a');
  t.equal(back.digest, first.digest);
  t.ok(first.policyVersion < second.policyVersion && second.policyVersion < back.policyVersion);
  t.ok(first.secretsEpoch < second.secretsEpoch && second.secretsEpoch < back.secretsEpoch);
  t.same([first.version, second.version, back.version], [1, 2, 3]);
  t.equal((await kit.publishing.rollback(2, 'a')).digest, second.digest, 'to a version');
  t.match(await kit.store.currentPublication(), { version: 4, source: 'version 2' });
  await t.rejects(kit.publishing.rollback(17, 'a'), { code: 'not_found' });
});

t.test('a rollback is checked like any config: its secrets may be gone', async (t) => {
  const kit = await makeServer(t);
  kit.secrets.set(KEY);
  write(kit, `secret:${KEY}`);
  await kit.publishing.publish('a');
  write(kit, 'second');
  await kit.publishing.publish('a');
  kit.secrets.delete(KEY);
  const before = await state(kit);
  await t.rejects(kit.publishing.rollback(undefined, 'a'), { code: 'invalid_config' });
  t.same(await state(kit), before);
});

t.test('a start loads what the database says, and mends the link that a crash left behind', async (t) => {
  const kit = await makeServer(t);
  t.equal((await kit.restart()).live.bundleFor(ENVOY), undefined, 'nothing was published yet');
  write(kit, 'first');
  const first = await kit.publishing.publish('a');
  write(kit, 'second');
  const second = await kit.publishing.publish('a');
  // As a crash between the commit and the link leaves it; then as the first publication of all does.
  for (const spoil of [() => symlinkSync(`published/${first.digest}`, kit.paths.live), () => {}]) {
    rmSync(kit.paths.live);
    spoil();
    const { publishing, live } = await kit.restart();
    await publishing.restore();
    t.equal(readlinkSync(kit.paths.live), `published/${second.digest}`);
    const bundle = await live.bundleFor(ENVOY);
    t.equal(bundle?.policyVersion, second.policyVersion);
    t.equal(bundle?.body.key, (await kit.live.bundleFor(ENVOY))?.body.key);
  }
});

t.test('a published tree that somebody changed is not loaded', async (t) => {
  const kit = await makeServer(t);
  write(kit, 'first');
  const first = await kit.publishing.publish('a');
  write(kit, 'second');
  await kit.publishing.publish('a');
  writeFileSync(join(kit.paths.published, first.digest, 'shop.vgo'), 'configcrate: shop\n');
  const before = await state(kit);
  await t.rejects(kit.publishing.rollback(undefined, 'a'), { code: 'missing_publication' });
  t.same(await state(kit), before);
  const live = join(kit.paths.root, readlinkSync(kit.paths.live));
  writeFileSync(join(live, 'more.vgo'), 'configcrate: more\n');
  await t.rejects((await kit.restart()).publishing.restore(), { code: 'missing_publication' });
});

t.test('a publication that was committed is live also where its link can not be set', async (t) => {
  const kit = await makeServer(t);
  write(kit, 'first');
  await kit.publishing.publish('somebody');
  rmSync(kit.paths.live);
  mkdirSync(join(kit.paths.live, 'in the way'), { recursive: true });
  write(kit, 'second');
  const { policyVersion, changed } = await kit.publishing.publish('somebody');
  t.equal(changed, true);
  t.equal((await kit.live.bundleFor(ENVOY))?.policyVersion, policyVersion);
  t.equal(kit.failures.length, 1);
});

t.test('a missing secret kept the server from starting: a start loads what was accepted once', async (t) => {
  const kit = await makeServer(t);
  kit.secrets.set(KEY);
  write(kit, `secret:${KEY}`);
  const { digest } = await kit.publishing.publish('somebody');
  for (const [what, spoil, problem] of [
    ['missing', () => kit.secrets.delete(KEY), `there is no secret ${KEY}`],
    ['too large', () => kit.secrets.set(KEY, new Uint8Array(9 << 20)), /^the secrets for \* have \d+ bytes together$/],
  ] as const) {
    spoil();
    const { publishing, live } = await kit.restart();
    t.match(await publishing.restore(), [{ message: problem }], what);
    t.equal((await live.bundleFor(ENVOY))?.body.key, (await kit.live.bundleFor(ENVOY))?.body.key, what);
    t.equal(readlinkSync(kit.paths.live), `published/${digest}`);
    await t.rejects(
      publishing.publish('somebody'),
      { code: 'invalid_config' },
      'a publication of the same still fails',
    );
    await t.rejects(publishing.validate(), { code: 'invalid_config' });
  }
});

t.test('a secret was decrypted for every rule: once is enough, at publish and at a start', async (t) => {
  const kit = await makeServer(t);
  kit.secrets.set(KEY);
  write(kit, `secret:${KEY} secret:${KEY}`);
  const rules = Array.from({ length: 20 }, (_, i) => `{match: "h${i}", configcrates: [shop]}`).join(', ');
  writeFileSync(join(kit.paths.stacks, 'envoys.vgo'), `envoys: [${rules}]\n`);
  await kit.publishing.publish('somebody');
  t.equal(kit.secrets.opened.length, 1);
  await (await kit.restart()).publishing.restore();
  t.equal(kit.secrets.opened.length, 2);
});

t.test('names the secrets that a host lacks', async (t) => {
  const kit = await makeServer(t);
  t.same(kit.live.missingSecrets(ENVOY.hostName), [], 'nothing is published');
  kit.secrets.set(KEY);
  write(kit, `secret:${KEY}`);
  await kit.publishing.publish('somebody');
  t.same(kit.live.missingSecrets(ENVOY.hostName), [], 'the secrets were not looked at yet');
  kit.live.updateSecrets(new Map([[KEY, 1]]), [KEY]);
  t.same(kit.live.missingSecrets(ENVOY.hostName), []);
  kit.live.updateSecrets(new Map(), [KEY]);
  t.same(kit.live.missingSecrets(ENVOY.hostName), [KEY]);
});

t.test('a publication tells what is hardly meant', async (t) => {
  const kit = await makeServer(t);
  write(kit, '{{ traits.arch }}');
  const warnings = [{ file: 'shop.vgo', message: '{{ traits.arch }} stays text' }];
  t.match(await kit.publishing.validate(), { warnings });
  t.match(await kit.publishing.publish('somebody'), { changed: true, warnings });
  t.match(await kit.publishing.publish('somebody'), { changed: false, warnings });
});

t.test('a rollback tells whether the stacks hold another config', async (t) => {
  const kit = await makeServer(t);
  write(kit, 'first');
  await kit.publishing.publish('a');
  write(kit, 'second');
  await kit.publishing.publish('a');
  t.match(await kit.publishing.rollback(1, 'a'), { version: 3, stacksDiffer: true });
  t.match(await kit.publishing.rollback(2, 'a'), { version: 4, stacksDiffer: false });
  rmSync(kit.paths.stacks, { recursive: true });
  t.match(await kit.publishing.rollback(1, 'a'), { version: 5, stacksDiffer: undefined });
});

t.test('a publication keeps its message, and the commit only where it is of these files', async (t) => {
  const kit = await makeServer(t);
  const commit = 'c'.repeat(40);
  write(kit, 'first');
  const { digest } = await kit.publishing.validate();
  await kit.publishing.publish('a', { message: 'the first', checkout: { digest, commit } });
  t.match(await kit.store.currentPublication(), { version: 1, message: 'the first', commit });
  write(kit, 'second');
  await kit.publishing.publish('a', { checkout: { digest, commit } });
  t.match(await kit.store.currentPublication(), { version: 2, message: undefined, commit: undefined });
  await kit.publishing.rollback(1, 'a', { message: 'back' });
  t.match(await kit.store.currentPublication(), { version: 3, message: 'back', commit, source: 'version 1' });
});

t.test('no secret is taken away between the look at it and the commit', async (t) => {
  const kit = await makeServer(t);
  kit.secrets.set(KEY);
  write(kit, `secret:${KEY}`);
  await kit.publishing.publish('a');
  t.equal(kit.whileSecretsStayed.length, 1);
  t.match(kit.whileSecretsStayed[0], { opened: 1, published: 1 });
  await kit.publishing.rollback(1, 'a');
  t.equal(kit.whileSecretsStayed.length, 2);
});
