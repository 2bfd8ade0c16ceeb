import { once } from 'node:events';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import t, { type Test } from 'tap';
import { decodeEntry, type LogVerdict, verifyLog } from '../../lib/audit/index.js';
import { openStore, type Store } from '../../lib/store/index.js';
import {
  brokenChain,
  bytes32,
  enroll,
  entry,
  envoyId,
  host,
  ManualClock,
  newPath,
  newStore,
  reopen,
  startProgram,
} from './kit.js';

const verify = (store: Store): Promise<LogVerdict> => verifyLog((from, limit) => store.readAudit(from, limit));

t.test('entries come back as they were appended', async (t) => {
  const clock = new ManualClock();
  const store = await newStore(t, clock);
  t.equal(await store.appendAudit({ ...entry, detail: { version: 1 } }), 1);
  clock.ms++;
  t.equal(await store.appendAudit({ ...entry, action: 'secret.deleted' }), 2);
  const [first, second] = await store.listAudit({ limit: 10 });
  t.match(decodeEntry(first?.bytes ?? bytes32(0)), { ...entry, at: clock.ms - 1, detail: { version: 1 } });
  t.match(decodeEntry(second?.bytes ?? bytes32(0)), { action: 'secret.deleted', at: clock.ms });
  t.match(await verify(store), { ok: true, size: 2 });
});

t.test('lists the newest, or what came behind a known entry, of one action', async (t) => {
  const store = await newStore(t);
  for (const action of ['secret.set', 'secret.deleted', 'secret.set', 'secret.set', 'secret.deleted']) {
    await store.appendAudit({ ...entry, action });
  }
  const seqs = async (query: Parameters<Store['listAudit']>[0]) => (await store.listAudit(query)).map(({ seq }) => seq);
  t.same(await seqs({ limit: 2 }), [4, 5]);
  t.same(await seqs({ limit: 2, afterSeq: 0 }), [1, 2]);
  t.same(await seqs({ limit: 9, afterSeq: 3 }), [4, 5]);
  t.same(await seqs({ limit: 2, action: 'secret.set' }), [3, 4]);
  t.same(await seqs({ limit: 9, action: 'secret.deleted', afterSeq: 2 }), [5]);
  t.same(await seqs({ limit: 9, action: 'nothing' }), []);
});

t.test('the query columns follow from the bytes', async (t) => {
  const path = newPath(t);
  const store = await reopen(t, path);
  await store.appendAudit(entry);
  await store.close();
  const db = new Database(path);
  t.same(db.prepare('SELECT at, action, actor, subject, outcome FROM audit_log').get(), {
    at: new ManualClock().ms,
    action: 'secret.set',
    actor: 'root@host',
    subject: 'some/key',
    outcome: 'done',
  });
  t.throws(() => db.exec(`UPDATE audit_log SET action = 'secret.deleted'`), /generated column/);
  db.close();
});

t.test('what cannot be recorded does not happen', async (t) => {
  const path = newPath(t);
  const store = await reopen(t, path);
  await store.genesis('fleet.example', entry);
  const id = await enroll(store, 1, 'web-1');
  await store.close();

  const broken = await openStore({ path, chain: brokenChain, clock: new ManualClock() });
  const before = await snapshot(broken);
  const token = { id: 'x', hash: bytes32(9), match: undefined, expiresAtMs: 1 };
  const enrollment = {
    tokenHash: bytes32(8),
    hostName: host('h'),
    ed25519PublicKey: bytes32(8),
    tlsPublicKeyHash: bytes32(8),
    remoteAddress: '192.0.2.1',
    newEnvoyId: envoyId(8),
  };
  const attempts: Record<string, () => Promise<unknown>> = {
    appendAudit: () => broken.appendAudit(entry),
    createToken: () => broken.createToken(token, entry),
    consumeTokenAndEnroll: () => broken.consumeTokenAndEnroll(enrollment),
    renameEnvoy: () => broken.renameEnvoy(id, host('web-2'), entry),
    publish: () => broken.publish({ digest: 'd', source: 's', actor: 'a' }, entry),
    bumpEpoch: () => broken.bumpEpoch(entry),
    recordSecretVersions: () => broken.recordSecretVersions([], entry),
  };
  for (const [name, attempt] of Object.entries(attempts)) {
    await t.rejects(attempt(), { name: 'StoreError', code: 'not_recorded' }, name);
  }
  t.same(await snapshot(broken), before);

  t.same(await broken.revokeEnvoy(id, entry), { changed: true, recorded: false }, 'but revoking is never blocked');
  t.match(await broken.getEnvoy(id), { status: 'revoked' });
  t.equal((await broken.auditHead()).size, 3);
  await broken.close();
});

t.test('two processes that append at once leave one chain', async (t) => {
  const path = newPath(t);
  const programs = ['a', 'b'].map((name) => startProgram('appender.ts', path, name, '150'));
  const exits = await Promise.all(programs.map((program) => once(program, 'exit')));
  t.same(exits, [
    [0, null],
    [0, null],
  ]);
  const store = await reopen(t, path);
  t.match(await verify(store), { ok: true, size: 300 });
  const actors = (await store.listAudit({ limit: 300 })).map(({ bytes }) => decodeEntry(bytes).actor);
  t.equal(actors.filter((actor) => actor === 'a').length, 150);
});

t.test('a process killed while it writes leaves what it had committed, whole', async (t) => {
  const path = newPath(t);
  for (const committed of [1, 12]) {
    const program = startProgram('appender.ts', path, 'victim', '100000');
    await new Promise<void>((resolve) =>
      program.on('message', (i) => {
        if (i === committed) resolve();
      }),
    );
    program.kill('SIGKILL');
    t.same(await once(program, 'exit'), [null, 'SIGKILL']);
    const store = await reopen(t, path);
    const verdict = await verify(store);
    t.ok(verdict.ok && verdict.size > committed, 'every entry that was answered is there');
    const [last] = await store.listAudit({ limit: 1 });
    const { detail } = decodeEntry(last?.bytes ?? bytes32(0));
    t.equal(detail?.secrets_epoch, await store.epoch(), 'the operation and its entry are one');
    await store.close();
  }
});

t.test('what somebody does to a copy of the database is named', async (t) => {
  const path = newPath(t);
  const store = await reopen(t, path);
  for (let i = 0; i < 8; i++) await store.appendAudit({ ...entry, subject: `key/${i}` });
  await store.close();
  const deeds: Record<string, [sql: string, verdict: Partial<LogVerdict>]> = {
    'one byte of an entry': [
      `UPDATE audit_log SET bytes = CAST(replace(CAST(bytes AS TEXT), 'key/3', 'key/9') AS BLOB) WHERE seq = 4`,
      { ok: false, seq: 4, problem: 'altered' },
    ],
    'bytes that are no JSON': [
      `UPDATE audit_log SET bytes = x'00' WHERE seq = 4`,
      { ok: false, seq: 4, problem: 'altered' },
    ],
    'an entry removed': ['DELETE FROM audit_log WHERE seq = 3', { ok: false, seq: 3, problem: 'missing' }],
    'an entry inserted': ['UPDATE audit_log SET seq = -seq WHERE seq > 5', { ok: false, problem: 'surplus' }],
    'two entries swapped': [
      `UPDATE audit_log SET seq = 100 WHERE seq = 2; UPDATE audit_log SET seq = 2 WHERE seq = 6;
       UPDATE audit_log SET seq = 6 WHERE seq = 100`,
      { ok: false, seq: 2, problem: 'altered' },
    ],
    'the end cut off': ['DELETE FROM audit_log WHERE seq > 6', { ok: false, seq: 7, problem: 'truncated' }],
    'the head removed': ['DELETE FROM audit_head', { ok: false, seq: 1, problem: 'surplus' }],
    'the head set back': ['UPDATE audit_head SET size = 7', { ok: false, seq: 8, problem: 'surplus' }],
    nothing: ['SELECT 1', { ok: true, size: 8 }],
  };
  for (const [deed, [sql, verdict]] of Object.entries(deeds)) {
    const copy = await tamperedCopy(t, path, sql);
    t.match(await verify(copy), verdict, deed);
    t.ok((await copy.listAudit({ limit: 100 })).length > 0, 'it can still be listed');
    await copy.close();
  }
});

let copies = 0;

/** As somebody would do who has the file, where no CHECK stands in the way. */
async function tamperedCopy(t: Test, path: string, sql: string): Promise<Store> {
  const copy = join(path, '..', `copy-${copies++}.db`);
  copyFileSync(path, copy);
  const db = new Database(copy);
  db.pragma('ignore_check_constraints = ON');
  db.exec(sql);
  db.close();
  return reopen(t, copy);
}

async function snapshot(store: Store) {
  return {
    head: await store.auditHead(),
    envoys: await store.listEnvoys(),
    publications: await store.listPublications(),
    epoch: await store.epoch(),
    versions: await store.secretVersions(),
  };
}
