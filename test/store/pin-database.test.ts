import { readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t from 'tap';
import { verifyLog } from '../../lib/audit/index.js';
import { pinDatabase } from '../../lib/store/index.js';
import { entry, newPath, reopen } from './kit.js';

const publication = { digest: 'abc', source: 'stacks', actor: 'root@host' };

t.test('a copy is of the moment of the pin, whatever is written since', async (t) => {
  const path = newPath(t);
  const store = await reopen(t, path);
  await store.publish(publication, entry);
  const pinned = await pinDatabase(path);
  for (let i = 0; i < 20; i++) await store.publish({ ...publication, digest: `later-${i}` }, entry);
  const copy = join(dirname(path), 'copy');
  await pinned.copyTo(copy);
  pinned.close();
  t.equal(pinned.live, 'abc');
  t.equal(statSync(copy).mode & 0o777, 0o600);
  t.same(
    readdirSync(dirname(path)).filter((name) => name.startsWith('copy')),
    ['copy'],
  );

  const copied = await reopen(t, copy);
  t.match(await copied.currentPublication(), { digest: 'abc' });
  t.match(await verifyLog((from, limit) => copied.readAudit(from, limit)), { ok: true, size: 1 });
  t.equal((await store.auditHead()).size, 21, 'nobody had to wait');
});

t.test('where nothing was published, nothing is live', async (t) => {
  const path = newPath(t);
  await reopen(t, path);
  const pinned = await pinDatabase(path);
  t.equal(pinned.live, undefined);
  pinned.close();
});

t.test('no database, and a copy in the place of something', async (t) => {
  const path = newPath(t);
  await t.rejects(pinDatabase(path), { room: 'store', code: 'unavailable' });
  await reopen(t, path);
  const pinned = await pinDatabase(path);
  t.teardown(() => pinned.close());
  await t.rejects(pinned.copyTo(path), { room: 'store', code: 'unavailable' });
  await t.rejects(pinned.copyTo(join(path, 'below')), { room: 'store', code: 'unavailable' });
});
