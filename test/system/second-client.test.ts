import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import t from 'tap';
import { enroll } from './second-client/enroll.js';
import { SecondClient } from './second-client/envoy.js';
import { Refused } from './second-client/grpc.js';
import { startFleet } from './start-fleet.js';

const VALUE = 'what the shop alone may know';

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
