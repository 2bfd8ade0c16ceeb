import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type KeyName, parseKeyName } from '../../lib/base/index.js';
import { changedVersions, SecretWatch } from '../../lib/server/secret-watch.js';
import { type Kit, makeServer } from './kit.js';

const key = parseKeyName;

t.test('what counts as a change is a name and a version', async (t) => {
  const before = new Map([
    [key('a'), 1],
    [key('b'), 1],
    [key('c'), 1],
  ]);
  const now = new Map([
    [key('d'), 1],
    [key('b'), 2],
    [key('a'), 1],
  ]);
  t.same(changedVersions(before, now), [
    { key: 'b', version: 2 },
    { key: 'c', version: undefined },
    { key: 'd', version: 1 },
  ]);
  t.same(changedVersions(before, before), []);
});

function watch(t: Test, kit: Kit, versions: Map<KeyName, number>, live = kit.live): SecretWatch {
  const watch = new SecretWatch({
    secretsDir: kit.paths.stacks, // any folder: its changes are but a reason to look
    scan: async () => new Map(versions),
    store: kit.store,
    live,
    wakeUps: kit.wakeUps,
    onError: (error) => t.error(error),
  });
  t.teardown(() => watch.stop());
  return watch;
}

t.test('a change raises the epoch once, wakes the fleet, and is recorded', async (t) => {
  const kit = await makeServer(t);
  const versions = new Map([[key('a'), 1]]);
  await watch(t, kit, versions).start();
  const first = kit.live.epoch;
  t.ok(first > 0, 'what was there before the first start is news');

  const woken = new Promise<void>((resolve) => {
    kit.wakeUps.add('00000000-0000-4000-8000-000000000000' as never, { send: resolve, end: () => {} });
  });
  versions.set(key('a'), 2);
  versions.set(key('b'), 1);
  writeFileSync(join(kit.paths.stacks, 'anything'), '');
  await woken;
  t.ok(kit.live.epoch > first);
  t.equal(await kit.store.epoch(), kit.live.epoch);
  t.equal((await kit.store.listAudit({ limit: 10, action: 'secret.changed' })).length, 2);
});

t.test('a change that was made while the server was down is found at its start, and only once', async (t) => {
  const kit = await makeServer(t);
  const versions = new Map([[key('a'), 1]]);
  const earlier = watch(t, kit, versions);
  await earlier.start();
  earlier.stop();
  versions.set(key('a'), 2);

  const { live } = await kit.restart();
  const before = live.epoch;
  await watch(t, kit, versions, live).start();
  t.ok(live.epoch > before, 'never restarts, and rises');

  const { live: again } = await kit.restart();
  await watch(t, kit, versions, again).start();
  t.equal(again.epoch, live.epoch);
});

t.test('an older version that comes back is no change, and is refused', async (t) => {
  const kit = await makeServer(t);
  const versions = new Map([[key('a'), 2]]);
  const first = watch(t, kit, versions);
  await first.start();
  const { epoch } = kit.live;
  versions.set(key('a'), 1);
  const second = watch(t, kit, versions);
  await second.start();
  t.equal(kit.live.epoch, epoch);
  t.throws(() => second.demandNewest(key('a'), 1), { name: 'ServerError', code: 'stepped_back' });
  second.demandNewest(key('a'), 2);
  second.demandNewest(key('a'), 3);
  second.demandNewest(key('new'), 1);
});
