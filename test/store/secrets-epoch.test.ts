import t from 'tap';
import { parseKeyName } from '../../lib/base/index.js';
import { entry, ManualClock, newPath, reopen } from './kit.js';

const dsn = parseKeyName('vigo/db/dsn');
const dan = parseKeyName('vigo/os-users/dan');

t.test('versions and epoch change together and are kept', async (t) => {
  const path = newPath(t);
  const clock = new ManualClock();
  const store = await reopen(t, path, clock);
  t.same(await store.secretVersions(), new Map());
  const changes = [
    { key: dsn, version: 1 },
    { key: dan, version: 4 },
  ];
  const first = await store.recordSecretVersions(changes, entry);
  t.same(await store.secretVersions(), new Map(changes.map(({ key, version }) => [key, version])));
  const second = await store.recordSecretVersions(
    [
      { key: dsn, version: 2 },
      { key: dan, version: undefined },
    ],
    entry,
  );
  t.ok(second > first);
  await store.close();

  clock.ms = 0;
  const again = await reopen(t, path, clock);
  t.same(await again.secretVersions(), new Map([[dsn, 2]]));
  t.equal(await again.epoch(), second);
  t.equal(await again.bumpEpoch(entry), second + 1, 'never falls, restarts included');
  t.equal((await again.auditHead()).size, 3);
});
