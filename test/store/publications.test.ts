import t from 'tap';
import { decodeEntry } from '../../lib/audit/index.js';
import { bytes32, entry, ManualClock, newStore } from './kit.js';

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
  t.same(await store.publish(publication, entry), { policyVersion: start, secretsEpoch: start });
  t.same(await store.publish(publication, entry), { policyVersion: start + 1, secretsEpoch: start + 1 });
  clock.ms -= 1_000_000;
  t.equal(await store.bumpEpoch(), start + 2);
  t.same(await store.publish(publication, entry), { policyVersion: start + 2, secretsEpoch: start + 3 });
  clock.ms += 2_000_000;
  t.same(await store.publish(publication, entry), { policyVersion: clock.ms, secretsEpoch: clock.ms });
});

t.test('the newest one is live, and its entry says which version it got', async (t) => {
  const clock = new ManualClock();
  const store = await newStore(t, clock);
  await store.publish(publication, entry);
  const { policyVersion, secretsEpoch } = await store.publish(
    { ...publication, digest: 'def' },
    { ...entry, action: 'config.published', detail: { files: 3 } },
  );
  t.strictSame(await store.currentPublication(), {
    ...publication,
    digest: 'def',
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
    policy_version: policyVersion,
    secrets_epoch: secretsEpoch,
  });
});
