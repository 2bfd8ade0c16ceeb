import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type EnvoyId, parseEnvoyId, parseHostName, uuidFrom } from '../../lib/base/index.js';
import { loadEd25519 } from '../../lib/crypto/index.js';
import { RestoredDatabase, type RestoreNotice } from '../../lib/server/agents/restored-database.js';
import { signHead } from '../../lib/wire/index.js';
import { makeServer, newToken } from './kit.js';

const id = parseEnvoyId(uuidFrom(new Uint8Array(16).fill(1)));
const ENVOY = { id, hostName: parseHostName('web-1'), publicKey: new Uint8Array(32), status: 'active' } as const;
const STRANGER = parseEnvoyId(uuidFrom(new Uint8Array(16).fill(2)));

/** A server whose database knows one publication, and may have known more. */
async function setUp(t: Test, { published = true } = {}) {
  const kit = await makeServer(t);
  const signer = (await loadEd25519()).generateSigner();
  const notices: RestoreNotice[] = [];
  writeFileSync(join(kit.paths.stacks, 'envoys.vgo'), 'envoys: [{match: "*", configcrates: []}]\n');
  if (published) await kit.publishing.publish('somebody');
  const { live, publishing } = kit;
  const onNotice = (notice: RestoreNotice) => void notices.push(notice);
  const restored = new RestoredDatabase({
    trust: signer,
    live,
    publishing,
    clock: kit.clock,
    actor: 'vigosrv',
    onNotice,
  });
  /** What the server once gave to an envoy. */
  const given = (policyVersion: number, secretsEpoch: number, by = signer, envoyId: EnvoyId = id) => {
    const rest = { bodyHash: new Uint8Array(32), issuedAtMs: 1, watchMarks: new Uint8Array() };
    return signHead({ envoyId, policyVersion, secretsEpoch, ...rest }, by);
  };
  return { ...kit, restored, given, notices, before: { version: live.policyVersion, epoch: live.epoch } };
}

t.test('a head that the database has forgotten lifts version and epoch above it', async (t) => {
  const { restored, given, notices, before, live, store, entries, wakeUps } = await setUp(t);
  const { version, epoch } = before;
  const hints: string[] = [];
  wakeUps.add(id, { send: () => void hints.push('hint'), end: () => {} });
  const [digest] = (await store.listPublications()).map((publication) => publication.digest);
  await restored.learnFrom(ENVOY, await given(version + 5000, epoch + 7000));
  t.ok(live.policyVersion > version + 5000);
  t.ok(live.epoch > epoch + 7000);
  t.match(await store.currentPublication(), { digest, policyVersion: live.policyVersion, source: 'restore' });
  t.equal(await store.epoch(), live.epoch);
  t.equal((await live.bundleFor(ENVOY))?.policyVersion, live.policyVersion, 'the envoy gets the same body under it');
  t.same(hints, ['hint']);
  const notice = {
    given_policy_version: version + 5000,
    given_secrets_epoch: epoch + 7000,
    known_policy_version: version,
    known_secrets_epoch: epoch,
  };
  t.same(notices, [notice]);
  t.match(await entries('database.restored'), [
    { subject: id, detail: { ...notice, host_name: 'web-1', policy_version: live.policyVersion } },
  ]);
});

t.test('either number is enough, also where the clock is behind it', async (t) => {
  for (const [ahead, epochAhead] of [
    [1, -1],
    [-1, 1],
    [86_400_000, 0],
    [0, 86_400_000],
  ] as const) {
    const { restored, given, before, live } = await setUp(t);
    await restored.learnFrom(ENVOY, await given(before.version + ahead, before.epoch + epochAhead));
    t.ok(live.policyVersion > before.version + ahead, `${ahead}, ${epochAhead}`);
    t.ok(live.epoch > before.epoch + epochAhead, `${ahead}, ${epochAhead}`);
  }
});

t.test('a whole fleet with the same lifts them once', async (t) => {
  const { restored, given, before, live, entries } = await setUp(t);
  const head = await given(before.version + 10, before.epoch + 10);
  await Promise.all(Array.from({ length: 20 }, () => restored.learnFrom(ENVOY, head)));
  const { policyVersion, epoch } = live;
  await restored.learnFrom(ENVOY, head);
  t.same([live.policyVersion, live.epoch], [policyVersion, epoch]);
  t.equal((await entries('database.restored')).length, 1);
});

t.test('what proves nothing changes nothing', async (t) => {
  const { restored, given, before, live, notices, entries } = await setUp(t);
  const [version, epoch] = [before.version + 10, before.epoch + 10];
  const own = await given(version, epoch);
  const flipped = {
    ...own,
    head: Uint8Array.from(own.head, (byte, i) => (i === own.head.length - 1 ? byte ^ 1 : byte)),
  };
  for (const [what, head] of [
    ['what the database knows', await given(before.version, before.epoch)],
    ['what is older', await given(before.version - 1, before.epoch - 1)],
    ["another key's", await given(version, epoch, (await loadEd25519()).generateSigner())],
    ["another envoy's", await given(version, epoch, undefined, STRANGER)],
    ['an altered one', flipped],
    ['no head at all', { head: new Uint8Array(), signature: new Uint8Array(64) }],
  ] as const) {
    await restored.learnFrom(ENVOY, head);
    t.same([live.policyVersion, live.epoch], [before.version, before.epoch], what);
  }
  t.same(notices, []);
  t.same(await entries('database.restored'), []);
});

t.test('tokens that somebody may have used since are withdrawn, and newer ones stay', async (t) => {
  const { restored, given, clock, store, entries, ...kit } = await setUp(t);
  const { id: old } = await newToken(kit);
  clock.ms += 1000;
  const head = await given(clock.ms, clock.ms);
  clock.ms += 1000;
  const { id: fresh } = await newToken(kit);
  await restored.learnFrom(ENVOY, head);
  const revoked = new Map((await store.listTokens()).map(({ id, revokedAtMs }) => [id, revokedAtMs !== undefined]));
  t.same([revoked.get(old), revoked.get(fresh)], [true, false]);
  t.match(await entries('database.restored'), [{ detail: { tokens_withdrawn: 1 } }]);
});

t.test('a database from before the first publication has none to give', async (t) => {
  const { restored, given, live, store, clock } = await setUp(t, { published: false });
  await restored.learnFrom(ENVOY, await given(clock.ms + 5, clock.ms + 5));
  t.equal(live.policyVersion, 0);
  t.equal(await store.currentPublication(), undefined);
  t.ok(live.epoch > clock.ms + 5);
});

t.test('where nothing is published, one envoy wakes the fleet no second time', async (t) => {
  const { restored, given, live, clock, entries, wakeUps } = await setUp(t, { published: false });
  const hints: string[] = [];
  wakeUps.add(STRANGER, { send: () => void hints.push('hint'), end: () => {} });
  const head = await given(clock.ms + 5, clock.ms + 5);
  for (let i = 0; i < 3; i++) await restored.learnFrom(ENVOY, head);
  t.equal(live.epoch, clock.ms + 6);
  t.equal((await entries('database.restored')).length, 1);
  t.same(hints, ['hint']);
});

t.test('a stolen policy key leads no server to the end of its counters', async (t) => {
  const { restored, given, before, live, clock, entries } = await setUp(t);
  const year = 365 * 86_400_000;
  for (const [version, epoch] of [
    [Number.MAX_SAFE_INTEGER - 1, before.epoch],
    [before.version, Number.MAX_SAFE_INTEGER - 1],
    [clock.ms + year + 1, clock.ms],
  ] as const) {
    await restored.learnFrom(ENVOY, await given(version, epoch));
    t.same([live.policyVersion, live.epoch], [before.version, before.epoch]);
  }
  await restored.learnFrom(ENVOY, await given(clock.ms + year, clock.ms));
  t.equal(live.policyVersion, clock.ms + year + 1, 'a clock that was wrong for a while is no thief');
  t.equal((await entries('database.restored')).length, 1);
});
