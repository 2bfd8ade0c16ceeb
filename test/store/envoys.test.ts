import t from 'tap';
import { openStore } from '../../lib/store/index.js';
import { brokenChain, enroll, entry, envoyId, host, ManualClock, newPath, newStore, reopen } from './kit.js';

t.test('found by UUID and by host name, the active one first', async (t) => {
  const store = await newStore(t);
  const first = await enroll(store, 1, 'web-1');
  await enroll(store, 2, 'db-1');
  await store.revokeEnvoy(first, entry);
  t.match(await store.getEnvoy('web-1'), { id: first, status: 'revoked' }, 'a revoked one where there is no other');
  const second = await enroll(store, 3, 'web-1');
  t.match(await store.getEnvoy('web-1'), { id: second, status: 'active' });
  t.match(await store.getEnvoy(first), { id: first, status: 'revoked' });
  t.equal(await store.getEnvoy('nobody'), undefined);
  t.same(
    (await store.listEnvoys()).map(({ hostName }) => hostName),
    ['db-1', 'web-1', 'web-1'],
  );
  t.same(
    (await store.activeEnvoys()).map(({ hostName }) => hostName),
    ['db-1', 'web-1'],
  );
});

t.test('renaming', async (t) => {
  const store = await newStore(t);
  const id = await enroll(store, 1, 'web-1');
  const other = await enroll(store, 2, 'web-2');
  const before = await store.auditHead();
  await t.rejects(store.renameEnvoy(id, host('web-2'), entry), { name: 'StoreError', code: 'host_taken' });
  await t.rejects(store.renameEnvoy(envoyId(9), host('web-9'), entry), { code: 'envoy_not_found' });
  t.same(await store.auditHead(), before, 'nothing happened so far');
  const epoch = await store.epoch();
  const raised = await store.renameEnvoy(id, host('web-1'), entry);
  t.ok(raised > epoch, 'another name, another policy: no head from before counts any more');
  t.equal(await store.epoch(), raised);
  await store.revokeEnvoy(other, entry);
  await t.rejects(store.renameEnvoy(other, host('web-3'), entry), { code: 'envoy_revoked' });
  await store.renameEnvoy(id, host('web-2'), entry);
  t.match(await store.getEnvoy(id), { hostName: 'web-2' }, 'the name of a revoked one is free');
  t.equal((await store.auditHead()).size, before.size + 3);
});

t.test('revoking once more changes nothing and records nothing', async (t) => {
  const clock = new ManualClock();
  const store = await newStore(t, clock);
  const id = await enroll(store, 1, 'web-1');
  t.same(await store.revokeEnvoy(id, entry), { changed: true, recorded: true });
  const [head, revokedAtMs] = [await store.auditHead(), clock.ms];
  clock.ms += 5000;
  t.same(await store.revokeEnvoy(id, entry), { changed: false, recorded: true });
  t.match(await store.getEnvoy(id), { revokedAtMs });
  t.same(await store.auditHead(), head);
  await t.rejects(store.revokeEnvoy(envoyId(9), entry), { name: 'StoreError', code: 'envoy_not_found' });
});

t.test('a certificate replaces the one before', async (t) => {
  const store = await newStore(t);
  const id = await enroll(store, 1, 'web-1');
  await store.recordCertificate(id, { serial: '0a', notAfterMs: 1, issuer: undefined });
  await store.recordCertificate(id, { serial: '0b', notAfterMs: 2, issuer: 'ab' });
  t.same((await store.getEnvoy(id))?.certificate, { serial: '0b', notAfterMs: 2, issuer: 'ab' });
  await t.rejects(store.recordCertificate(envoyId(9), { serial: '0c', notAfterMs: 3, issuer: 'ab' }), {
    code: 'envoy_not_found',
  });
});

t.test('sightings come in batches, late ones change no time, and unknown ids no others', async (t) => {
  const store = await newStore(t);
  const [a, b] = [await enroll(store, 1, 'a'), await enroll(store, 2, 'b')];
  const before = await store.auditHead();
  await store.touchEnvoys([
    { id: a, lastSeenAtMs: 100, traits: { os: 'linux' } },
    { id: envoyId(9), lastSeenAtMs: 100 },
    { id: b, lastSeenAtMs: 200 },
  ]);
  await store.touchEnvoys([{ id: a, lastSeenAtMs: 90 }]);
  t.match(await store.getEnvoy(a), { lastSeenAtMs: 100, traits: { os: 'linux' } });
  t.match(await store.getEnvoy(b), { lastSeenAtMs: 200, traits: undefined });
  t.same(await store.auditHead(), before);
});

t.test('quarantine takes an envoy aside, and release brings it back', async (t) => {
  const clock = new ManualClock();
  const store = await newStore(t, clock);
  const id = await enroll(store, 1, 'web-1');
  const before = await store.auditHead();
  t.same(await store.releaseEnvoy(id, entry), { changed: false }, 'nothing to release');
  t.same(await store.auditHead(), before);
  t.same(await store.quarantineEnvoy(id, entry), { changed: true, recorded: true });
  t.same(await store.quarantineEnvoy(id, entry), { changed: false, recorded: true });
  t.match(await store.getEnvoy(id), { status: 'quarantined', quarantinedAtMs: clock.ms });
  t.equal((await store.activeEnvoys()).length, 1, 'it still is an envoy, and its name is taken');
  await store.touchEnvoys([{ id, lastSeenAtMs: 5, generation: { issued: 9, quoted: 9 } }]);
  t.same(await store.releaseEnvoy(id, entry), { changed: true });
  t.match(await store.getEnvoy(id), {
    status: 'active',
    quarantinedAtMs: undefined,
    generation: { issued: 0, quoted: 0 },
  });
  t.equal((await store.auditHead()).size, before.size + 2);
});

t.test('a fork is kept until the release, with quarantine or without', async (t) => {
  const store = await newStore(t);
  const id = await enroll(store, 1, 'web-1');
  const fork = { atMs: 5, newest: 4, quoted: 2, remoteAddress: '192.0.2.1' };
  await store.recordFork(id, fork, { quarantine: false }, entry);
  t.match(await store.getEnvoy(id), { status: 'active', fork });
  const certain = { ...fork, other: { atMs: 6, remoteAddress: '192.0.2.2' } };
  await store.recordFork(id, certain, { quarantine: true }, entry);
  t.match(await store.getEnvoy(id), { status: 'quarantined', fork: certain });
  t.same(await store.releaseEnvoy(id, entry), { changed: true });
  t.match(await store.getEnvoy(id), { status: 'active', fork: undefined });
});

t.test('a revoked one is neither put aside nor released', async (t) => {
  const store = await newStore(t);
  const id = await enroll(store, 1, 'web-1');
  await store.quarantineEnvoy(id, entry);
  await store.revokeEnvoy(id, entry);
  t.match(await store.getEnvoy(id), { status: 'revoked' });
  const refused = { name: 'StoreError', code: 'envoy_revoked' };
  await t.rejects(store.quarantineEnvoy(id, entry), refused);
  await t.rejects(store.releaseEnvoy(id, entry), refused);
  const fork = { atMs: 5, newest: 4, quoted: 2, remoteAddress: '192.0.2.1' };
  await t.rejects(store.recordFork(id, fork, { quarantine: true }, entry), refused);
  await t.rejects(store.quarantineEnvoy(envoyId(9), entry), { code: 'envoy_not_found' });
});

t.test('quarantine is never blocked by a log that takes no entry; a release is', async (t) => {
  const path = newPath(t);
  const store = await reopen(t, path);
  const [a, b] = [await enroll(store, 1, 'a'), await enroll(store, 2, 'b')];
  const broken = await openStore({ path, chain: brokenChain, clock: new ManualClock() });
  t.teardown(() => broken.close());
  t.same(await broken.quarantineEnvoy(a, entry), { changed: true, recorded: false });
  const fork = { atMs: 5, newest: 4, quoted: 2, remoteAddress: '192.0.2.1' };
  t.same(await broken.recordFork(b, fork, { quarantine: true }, entry), { changed: true, recorded: false });
  for (const id of [a, b]) t.match(await store.getEnvoy(id), { status: 'quarantined' });
  await t.rejects(broken.releaseEnvoy(a, entry), { code: 'not_recorded' });
  t.match(await store.getEnvoy(a), { status: 'quarantined' });
});
