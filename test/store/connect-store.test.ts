import { once } from 'node:events';
import t from 'tap';
import { verifyLog } from '../../lib/audit/index.js';
import { connectStore } from '../../lib/store/index.js';
import { enroll, entry, newPath, newRemoteStore, reopen, startWorker } from './kit.js';

const path = newPath(t);
const remote = newRemoteStore(t, path);

t.test('an error crosses the thread whole', async (t) => {
  await t.rejects(remote.trustDomain(), {
    name: 'StoreError',
    room: 'store',
    code: 'not_initialized',
    kind: 'precondition',
    hint: String,
  });
  const { cause } = await remote.appendAudit({ ...entry, action: 'nonsense' }).catch((error) => error);
  t.match(cause, Error, 'with what was below it');
});

t.test('a call that can not be sent fails alone', async (t) => {
  const unsendable = { ...entry, subject: (() => {}) as unknown as string };
  await t.rejects(remote.appendAudit(unsendable), { name: 'DataCloneError' });
  t.equal(await remote.appendAudit(entry), 1);
});

t.test('many calls at once, some of them wrong: each gets its own answer, and the log is whole', async (t) => {
  const { size } = await remote.auditHead();
  const results = await Promise.allSettled(
    Array.from({ length: 600 }, (_, i) =>
      remote.appendAudit({ ...entry, action: i % 10 === 3 ? 'nonsense' : 'secret.set', subject: `${i}` }),
    ),
  );
  for (const [i, { status }] of results.entries()) {
    if (status !== (i % 10 === 3 ? 'rejected' : 'fulfilled')) t.fail(`call ${i} was ${status}`);
  }
  const seqs = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  t.same(
    seqs,
    Array.from({ length: 540 }, (_, i) => size + i + 1),
    'in the order of the calls',
  );
  t.match(await verifyLog((from, limit) => remote.readAudit(from, limit)), { ok: true, size: size + 540 });
});

t.test('the store behind a thread is the same store', async (t) => {
  await remote.genesis('fleet.example', entry);
  const id = await enroll(remote, 1, 'web-1');
  await remote.recordSecretVersions([], entry);
  const local = await reopen(t, path);
  for (const store of [remote, local]) t.equal(await store.trustDomain(), 'fleet.example');
  t.strictSame(await remote.getEnvoy(id), await local.getEnvoy(id));
  t.strictSame(await remote.listAudit({ limit: 9 }), await local.listAudit({ limit: 9 }));
  t.strictSame(await remote.auditHead(), await local.auditHead());
  t.strictSame(await remote.secretVersions(), await local.secretVersions());
});

t.test('closing waits for what is under way', async (t) => {
  const path = newPath(t);
  const worker = startWorker(path);
  const store = connectStore(worker);
  const calls = Array.from({ length: 300 }, () => store.appendAudit(entry));
  const exit = once(worker, 'exit');
  await store.close();
  t.equal(new Set(await Promise.all(calls)).size, 300);
  await t.rejects(store.appendAudit(entry), { name: 'StoreError', code: 'unavailable' });
  t.same(await exit, [0], 'the thread ends by itself');
  await store.close();
  t.equal((await (await reopen(t, path)).auditHead()).size, 300);
});

t.test('a thread that dies fails every call, those under way and those to come', async (t) => {
  const worker = startWorker(newPath(t));
  const store = connectStore(worker);
  await store.appendAudit(entry);
  const calls = Array.from({ length: 50 }, () => store.appendAudit(entry));
  const outcomes = Promise.allSettled(calls);
  await worker.terminate();
  for (const outcome of await outcomes) {
    if (outcome.status === 'rejected') t.match(outcome.reason, { name: 'StoreError', code: 'unavailable' });
  }
  await t.rejects(store.appendAudit(entry), { name: 'StoreError', code: 'unavailable' });
  await store.close();
});
