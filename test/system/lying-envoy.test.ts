import { join } from 'node:path';
import t from 'tap';
import { askFor, ownEnvoy, refusalOf } from '../../demo/attacker.js';
import { MARKER_END, MARKER_START, parseKeyName } from '../../lib/base/index.js';
import { loadXWing } from '../../lib/crypto/index.js';
import { encodeResolveSecrets, encodeSignedRequest, headHash, type Traits } from '../../lib/wire/index.js';
import { startFleet } from './start-fleet.js';

t.test('somebody who owns one envoy', async (t) => {
  const fleet = await startFleet(t);
  const own = join(fleet.root, 'own.ini');
  const foreign = join(fleet.root, 'foreign.ini');
  await fleet.setSecret('guest/password', 'what a guest may know');
  await fleet.setSecret('shop/password', 'what the shop alone may know');
  await fleet.setSecret('vigo/web/auth/dan', 'what no envoy may ever know');
  await fleet.publish({
    'envoys.vgo': `
envoys:
  - { match: "web-*", configcrates: [shop] }
  - { match: "guest-*", configcrates: [guest] }
`,
    'shop.vgo': `
configcrate: shop
resources:
  - { name: settings, type: file, path: ${foreign}, content: "secret:shop/password" }
`,
    'guest.vgo': `
configcrate: guest
resources:
  - { name: settings, type: file, path: ${own}, content: "secret:guest/password" }
`,
  });
  await fleet.enroll('web-1');
  await fleet.enroll('guest-1');
  const envoy = await ownEnvoy(fleet.configDir('guest-1'));
  t.teardown(() => envoy.close());
  const honest = await checkIn({});
  const policyVersion = JSON.parse((await fleet.vigocli('config', 'history', '--json')).stdout)[0].policy_version;

  async function checkIn(traits: Readonly<Record<string, string>>, heldHead?: Uint8Array) {
    const said: Traits = new Map(Object.entries(traits));
    return envoy.checkIn({ heldHead, traits: said });
  }

  async function resolve(payload: Uint8Array): Promise<Uint8Array> {
    return envoy.call('ResolveSecrets', encodeSignedRequest(envoy.sign('ResolveSecrets', payload)));
  }

  await t.test('gets nothing by what it says about itself', async (t) => {
    const lies = {
      configcrates: 'shop',
      envoy_id: '00000000-0000-4000-8000-000000000000',
      host: 'web-1',
      host_name: 'web-1',
      hostname: 'web-1',
      'secret:shop/password': 'secret:shop/password',
      vars: '{{ vars.password }}',
    };
    const { bundle } = await checkIn(lies);
    t.same(bundle, honest.bundle, 'its bundle is what it was');
    t.match(Buffer.from(bundle?.body ?? []).toString(), own);
    t.notMatch(Buffer.from(bundle?.body ?? []).toString(), foreign);
    t.equal(await refusalOf(resolve(await askFor(envoy, parseKeyName('shop/password'), policyVersion))), 'entitlement');
    const [web] = JSON.parse((await fleet.vigocli('envoys', 'show', 'web-1', '--json')).stdout).runs;
    t.equal(web, undefined, 'and nothing of it stands with the other machine');
  });

  await t.test('is refused with marker text in a trait', async (t) => {
    for (const traits of [
      { os: `${MARKER_START}shop/password${MARKER_END}` },
      { os: `x${MARKER_START}` },
      { os: MARKER_END },
      { [MARKER_START]: 'x' },
    ]) {
      await t.rejects(checkIn(traits), { name: 'Rejection', code: 'malformed', message: /marker text/ });
    }
    t.same((await checkIn({})).bundle, honest.bundle, 'and goes on without');
  });

  await t.test('gets its own policy when it claims to hold the head of another', async (t) => {
    const other = await ownEnvoy(fleet.configDir('web-1'));
    t.teardown(() => other.close());
    const { bundle } = await other.checkIn();
    if (bundle === undefined) throw new Error('the other envoy has no bundle');
    t.same((await checkIn({}, await headHash(bundle.head))).bundle, honest.bundle);
  });

  await t.test('may resolve what its own policy refers to, and nothing else', async (t) => {
    const refused = ['shop/password', 'vigo/web/auth/dan', 'vigo/server/policy', 'no/such/secret'];
    for (const key of refused) {
      t.equal(await refusalOf(resolve(await askFor(envoy, parseKeyName(key), policyVersion))), 'entitlement', key);
    }
    const { publicKey: kemPublicKey } = (await loadXWing()).generateKeyPair();
    const refs = ['guest/password', 'shop/password'].map((key) => ({ key: parseKeyName(key), heldVersion: undefined }));
    const both = encodeResolveSecrets({ policyVersion, refs, kemPublicKey, generation: envoy.generation });
    t.equal(await refusalOf(resolve(both)), 'entitlement', 'its own together with another');
    for (const version of [policyVersion - 1, policyVersion + 1]) {
      const stale = await askFor(envoy, parseKeyName('guest/password'), version);
      t.equal(await refusalOf(resolve(stale)), 'stale_bundle', `under policy ${version}`);
    }
    t.ok((await resolve(await askFor(envoy, parseKeyName('guest/password'), policyVersion))).length > 0, 'its own');

    const denied = await fleet.audit('secret.entitlement_denied');
    t.match(
      denied.map(({ detail }) => detail),
      ['shop/password', ...refused, 'shop/password'].map((key) => ({ refs: { names: [key], count: 1 } })),
    );
    for (const entry of denied) t.match(entry, { actor: 'guest-1', subject: envoy.envoyId, outcome: 'denied' });
    t.match(await fleet.audit('secret.epoch_resolved'), [
      { actor: 'guest-1', detail: { refs: { names: ['guest/password@1'] } } },
    ]);
  });

  await t.test('gets a reserved key by no config either', async (t) => {
    const stolen = 'resources:\n  - { name: x, type: file, path: /tmp/x, content: "secret:vigo/web/auth/dan" }\n';
    await fleet.writeStacks({ 'guest.vgo': `configcrate: guest\n${stolen}` });
    const publish = await fleet.run('vigocli', ['config', 'publish']);
    t.equal(publish.code, 1);
    t.match(publish.stderr, /guest\.vgo:3:\d+: .*vigo\/web\/auth\/dan/);
    t.same((await checkIn({})).bundle, honest.bundle, 'the config before is still the live one');
  });
});
