import t from 'tap';
import { enroll, entry, envoyId, host, ManualClock, newStore } from './kit.js';

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
  await store.recordCertificate(id, { serial: '0a', notAfterMs: 1 });
  await store.recordCertificate(id, { serial: '0b', notAfterMs: 2 });
  t.same((await store.getEnvoy(id))?.certificate, { serial: '0b', notAfterMs: 2 });
  await t.rejects(store.recordCertificate(envoyId(9), { serial: '0c', notAfterMs: 3 }), { code: 'envoy_not_found' });
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
