import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import t from 'tap';
import { enroll, exchange } from './second-client/enroll.js';
import { SecondClient } from './second-client/envoy.js';
import { Refused } from './second-client/grpc.js';
import { advance, type Link } from './second-client/trust.js';
import { startFleet } from './start-fleet.js';

const VALUE = 'what the shop alone may know';

// A dozen programs, one after the other.

t.test('a client that was written from docs/protocol.md alone', async (t) => {
  const fleet = await startFleet(t);
  await fleet.setSecret('shop/password', VALUE);
  await fleet.setSecret('shop/salt', Buffer.of(0, 255, 10));
  await fleet.setSecret('other/password', 'not for the shop');
  await fleet.publish({
    'envoys.vgo': 'envoys:\n  - { match: "web-*", configcrates: [shop] }\n',
    'shop.vgo': `
configcrate: shop
resources:
  - { name: settings, type: file, path: ${fleet.root}/shop.ini, content: "secret:shop/password" }
  - { name: salt, type: file, path: ${fleet.root}/shop.salt, content: "secret:shop/salt" }
`,
  });
  const token = readFileSync(await fleet.makeToken('web-1'), 'utf8').trim();
  const identity = await enroll(fleet.url(), token, 'web-1');
  const client = new SecondClient(fleet.url(), identity);
  t.teardown(() => client.close());

  await t.test('is enrolled, and its token used up', async (t) => {
    const { envoy } = JSON.parse((await fleet.vigocli('envoys', 'show', 'web-1', '--json')).stdout);
    t.equal(envoy.id, identity.envoyId);
    await t.rejects(enroll(fleet.url(), token, 'web-1'), /enrollment_refused/);
  });

  const { bundle, intervalS, serverTimeMs } = await client.checkIn();
  if (bundle?.body === undefined) throw new Error('there is no bundle');
  const refs = (held: number) => [['shop/password', held] as const, ['shop/salt', held] as const];

  await t.test('checks in, and verifies its policy', async (t) => {
    t.match(bundle.body, '__VIGO_SECRET__shop/password__END_VIGO_SECRET__');
    t.notMatch(bundle.body, VALUE);
    t.ok(intervalS > 0);
    t.ok(serverTimeMs >= 1_700_000_000_000);
    t.equal((await client.checkIn(bundle)).bundle, undefined, 'no bundle where it holds the newest one');
    const head = (await client.checkIn({ ...bundle, headHash: Buffer.alloc(32) })).bundle;
    t.same(head, { ...bundle, body: undefined }, 'nor a body that it holds');
  });

  await t.test('opens a sealed answer', async (t) => {
    const { epoch, secrets } = await client.resolve(bundle.policyVersion, refs(0));
    t.ok(epoch >= bundle.secretsEpoch);
    t.same(secrets, [
      { key: 'shop/password', version: 1, value: Buffer.from(VALUE) },
      { key: 'shop/salt', version: 1, value: Buffer.of(0, 255, 10) },
    ]);
    t.same((await client.resolve(bundle.policyVersion, refs(1))).secrets, [], 'what it holds is left out');
  });

  await t.test('is refused as the document says', async (t) => {
    const resolve = (key: string, version = bundle.policyVersion) => client.resolve(version, [[key, 0]]);
    t.equal(await reasonOf(resolve('other/password')), 'entitlement');
    t.equal(await reasonOf(resolve('shop/password', bundle.policyVersion - 1)), 'stale_bundle');
    const request = client.sign('CheckIn', client.checkInPayload(bundle));
    t.equal(await reasonOf(client.send('ResolveSecrets', request)), 'forged');
    await client.send('CheckIn', request);
    t.equal(await reasonOf(client.send('CheckIn', request)), 'replay');
    const altered = { ...request, bytes: Buffer.concat([request.bytes, Buffer.of(0)]) };
    t.equal(await reasonOf(client.send('CheckIn', altered)), 'malformed');
  });

  await t.test('is woken when a secret changes', async (t) => {
    // The first hint ends the stream.
    const hinted = new AbortController();
    const stream = client.wakeUp(() => hinted.abort(), hinted.signal);
    // On the connection of the stream, and behind it.
    await client.checkIn(bundle);
    await fleet.setSecret('shop/password', 'another one');
    await stream;
    t.ok(hinted.signal.aborted);
    const next = (await client.checkIn(bundle)).bundle;
    if (next === undefined) throw new Error('there is no other bundle');
    t.ok(next.secretsEpoch > bundle.secretsEpoch);
    t.same((await client.resolve(next.policyVersion, refs(1))).secrets, [
      { key: 'shop/password', version: 2, value: Buffer.from('another one') },
    ]);
  });

  await t.test('reports a run', async (t) => {
    const runId = randomUUID();
    t.equal((await client.report(runId, bundle, 2, 'as it was told')).length, 0);
    const { runs } = JSON.parse((await fleet.vigocli('envoys', 'show', 'web-1', '--json')).stdout);
    t.match(runs, [{ id: runId, results: [{ outcome: 'changed', message: 'as it was told', duration_ms: 7 }] }]);
  });

  await t.test('renews its certificate', async (t) => {
    await client.renew();
    t.equal((await fleet.audit('envoy.renewed')).length, 1);
    await t.resolves(client.checkIn(bundle), 'and goes on with it');
    const nothing = await client.askRenewal(client.sign('RenewCertificate', Buffer.alloc(0)));
    t.match(JSON.parse(nothing.text), { error: { code: 'malformed' } });
  });

  await t.test('follows the policy key to its successors', async (t) => {
    for (const _ of [1, 2]) {
      const from = fleet.server.said.length;
      await fleet.vigocli('pki', 'rotate-keys');
      await fleet.server.says(/"pki\.keys_loaded"/, from);
    }
    const next = (await client.checkIn(bundle)).bundle;
    t.equal(client.trustNumber, 2);
    if (next === undefined) throw new Error('there is no other bundle');
    t.equal((await client.resolve(next.policyVersion, refs(0))).secrets.length, 2, 'whose sealed answers it opens');

    const { trustDomain, trust, ca } = identity;
    const chain = (from: number) => exchange(new URL(`/enroll/trust?from=${from}`, fleet.url()), ca);
    const links: Link[] = JSON.parse((await chain(0)).text).statements;
    const [first, second] = links as [Link, Link];
    const followed = advance(trustDomain, trust, links);
    t.equal(followed?.ca, ca);
    const end = followed?.position ?? trust;
    t.equal(advance(trustDomain, end, [second]), undefined, 'from its end on there is nothing new');
    t.match(JSON.parse((await chain(2)).text), { statements: [second] });
    for (const [what, from, wrong] of [
      ['a gap', trust, [second]],
      ['the first one twice', trust, [first, first]],
      ['one that its predecessor did not sign', trust, [{ ...first, signature: first.own_signature }]],
      ['one that it did not sign itself', trust, [{ ...first, own_signature: first.signature }]],
      ['another one of the own number', end, [first]],
      ['no one of the own number', end, []],
    ] as const) {
      t.throws(() => advance(trustDomain, from, wrong), what);
    }
    t.throws(() => advance('another', trust, links), 'the chain of another fleet');
  });

  await t.test('is revoked, and believes it', async (t) => {
    const ended = client.reconnect();
    await fleet.vigocli('envoys', 'revoke', 'web-1');
    await ended;
    const refusal = await client.checkIn(bundle).catch((error) => error);
    t.match(refusal, { reason: 'revoked' });
    t.ok(client.believes(refusal));
    const { proof } = refusal;
    proof[7] ^= 1;
    t.notOk(client.believes(refusal), 'not without the proof');
    const renewal = await client.askRenewal(client.sign('RenewCertificate', Buffer.alloc(0)));
    const { error } = JSON.parse(renewal.text);
    t.ok(client.believes({ reason: error.code, proof: Buffer.from(error.revocation, 'base64url') }), 'over HTTPS, too');
  });
});

/** Why a call was refused. */
async function reasonOf(call: Promise<unknown>): Promise<string | undefined> {
  try {
    await call;
    return undefined;
  } catch (error) {
    if (error instanceof Refused) return error.reason;
    throw error;
  }
}
