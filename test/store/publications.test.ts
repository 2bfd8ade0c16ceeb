import t from 'tap';
import { decodeEntry } from '../../lib/audit/index.js';
import { bytes32, enroll, entry, ManualClock, newStore } from './kit.js';

const publication = { digest: 'abc', source: 'stacks', actor: 'root@host' };

t.test('nothing is live at first', async (t) => {
  const store = await newStore(t);
  t.equal(await store.currentPublication(), undefined);
  t.same(await store.listPublications(), []);
  t.equal(await store.epoch(), 0);
});

t.test('version and epoch are the time at least, and rise even where the clock stands or falls', async (t) => {
  const clock = new ManualClock();
  const store = await newStore(t, clock);
  const start = clock.ms;
  t.same(await store.publish(publication, entry), { version: 1, policyVersion: start, secretsEpoch: start });
  t.same(await store.publish(publication, entry), { version: 2, policyVersion: start + 1, secretsEpoch: start + 1 });
  clock.ms -= 1_000_000;
  t.equal(await store.bumpEpoch(), start + 2);
  t.same(await store.publish(publication, entry), { version: 3, policyVersion: start + 2, secretsEpoch: start + 3 });
  clock.ms += 2_000_000;
  t.match(await store.publish(publication, entry), { policyVersion: clock.ms, secretsEpoch: clock.ms });
});

t.test('the newest one is live, and its entry says which version it got', async (t) => {
  const clock = new ManualClock();
  const store = await newStore(t, clock);
  await store.publish(publication, entry);
  const { policyVersion, secretsEpoch } = await store.publish(
    { ...publication, digest: 'def', message: 'more of it', commit: 'a'.repeat(40) },
    { ...entry, action: 'config.published', detail: { files: 3 } },
  );
  t.strictSame(await store.currentPublication(), {
    ...publication,
    digest: 'def',
    message: 'more of it',
    commit: 'a'.repeat(40),
    version: 2,
    policyVersion,
    publishedAtMs: clock.ms,
  });
  t.same(
    (await store.listPublications()).map(({ digest }) => digest),
    ['def', 'abc'],
  );
  const [last] = await store.listAudit({ limit: 1 });
  t.same(decodeEntry(last?.bytes ?? bytes32(0)).detail, {
    files: 3,
    version: 2,
    policy_version: policyVersion,
    secrets_epoch: secretsEpoch,
  });
});

t.test('overtaking what was given, where the database has forgotten it', async (t) => {
  const clock = new ManualClock();
  const store = await newStore(t, clock);
  const given = { policyVersion: clock.ms + 500, secretsEpoch: clock.ms + 900 };
  const overtaken = { policyVersion: 0, secretsEpoch: given.secretsEpoch + 1 };
  t.same(await store.overtake(given, 'vigosrv', entry), overtaken, 'nothing is live that could be so again');
  t.same(await store.listPublications(), []);
  await store.publish(publication, entry);
  const above = { policyVersion: clock.ms + 5000, secretsEpoch: 7 };
  const { policyVersion, secretsEpoch } = await store.overtake(above, 'vigosrv', entry);
  t.same([policyVersion, secretsEpoch], [clock.ms + 5001, given.secretsEpoch + 3]);
  t.match(await store.currentPublication(), { digest: 'abc', source: 'restore', actor: 'vigosrv', policyVersion });
  clock.ms += 1_000_000;
  const now = { policyVersion: clock.ms, secretsEpoch: clock.ms };
  t.same(
    await store.overtake({ policyVersion: 1, secretsEpoch: 1 }, 'vigosrv', entry),
    now,
    'never less than the time',
  );
});

t.test('what is overtaken with takes the unused tokens of before along', async (t) => {
  const clock = new ManualClock();
  const store = await newStore(t, clock);
  const token = (fill: number, expiresAtMs: number) =>
    store.createToken({ id: `t${fill}`, hash: bytes32(fill), match: undefined, expiresAtMs }, entry);
  await enroll(store, 1, 'web-1');
  await token(2, clock.ms + 10_000);
  await token(3, clock.ms + 1000);
  clock.ms += 2000;
  await token(4, clock.ms + 10_000);
  const given = { policyVersion: clock.ms - 1, secretsEpoch: clock.ms - 1 };
  await store.overtake(given, 'vigosrv', entry);
  const revoked = (await store.listTokens()).filter(({ revokedAtMs }) => revokedAtMs !== undefined);
  t.same(
    revoked.map(({ id }) => id),
    ['t2'],
    'not the used, the expired, the newer',
  );
  const [last] = await store.listAudit({ limit: 1 });
  t.same(decodeEntry(last?.bytes ?? bytes32(0)).detail, {
    tokens_withdrawn: 1,
    secrets_epoch: await store.epoch(),
  });
});
