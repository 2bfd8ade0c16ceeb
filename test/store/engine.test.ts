import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import t from 'tap';
import { type LogPage, verifyLog } from '../../lib/audit/index.js';
import { type Call, Engine } from '../../lib/store/engine.js';
import { openDatabase } from '../../lib/store/sqlite/database.js';
import type { Connection } from '../../lib/store/sqlite/driver.js';
import { bytes32, chain, entry, ManualClock, newPath, reopen } from './kit.js';

const token = { id: 'a', hash: bytes32(1), match: undefined, expiresAtMs: 1 };
const other = { ...token, id: 'b', hash: bytes32(2) };
const publication = { digest: 'd', source: 's', actor: 'a' };

const calls: readonly Call[] = [
  { name: 'createToken', args: [token, entry] },
  { name: 'createToken', args: [token, entry] },
  { name: 'auditHead', args: [] },
  { name: 'appendAudit', args: [{ ...entry, action: 'nonsense' }] },
  { name: 'publish', args: [publication, entry] },
  { name: 'trustDomain', args: [] },
  { name: 'createToken', args: [other, entry] },
  { name: 'epoch', args: [] },
];
const expected = ['ok', 'token_exists', 'ok', 'not_recorded', 'ok', 'not_initialized', 'ok', 'ok'];

t.test('a batch gives what its calls give one by one, and one that fails undoes nothing but itself', async (t) => {
  const path = newPath(t);
  const one = await open(path);
  const many = await open(`${path}-batch`);
  t.teardown(() => {
    one.close();
    many.close();
  });
  const single = calls.flatMap((call) => one.run([call]));
  const batch = many.run(calls);
  for (const results of [single, batch]) {
    t.same(
      results.map((result) => (result.ok ? 'ok' : result.error.code)),
      expected,
    );
  }
  t.same(batch[4], single[4]);
  t.same(batch[7], single[7]);
  for (const engine of [one, many]) t.match(engine.run([{ name: 'auditHead', args: [] }]), [{ value: { size: 3 } }]);
  t.match(await verifyLog(async (...range) => readPage(many, range)), { ok: true, size: 3 });
});

t.test('where the transaction as a whole is lost, every call in it fails', async (t) => {
  const path = newPath(t);
  await (await reopen(t, path)).close();
  // The disk is full from here on: no page more than there are.
  const engine = await open(path, (db) => db.pragma(`max_page_count = ${db.pragma('page_count', { simple: true })}`));
  t.teardown(() => engine.close());
  const large = { ...entry, detail: { text: 'x'.repeat(60_000) } };
  const results = engine.run([
    { name: 'createToken', args: [token, entry] },
    { name: 'appendAudit', args: [large] },
  ]);
  const full = { ok: false, error: { name: 'StoreError', code: 'full' } };
  t.match(results, [full, full]);
  t.match(engine.run([{ name: 'auditHead', args: [] }]), [{ ok: true, value: { size: 0 } }]);
});

t.test('another process that holds the database for too long', async (t) => {
  const path = newPath(t);
  const engine = await open(path, (db) => db.pragma('busy_timeout = 0'));
  const holder = new Database(path);
  holder.exec('BEGIN IMMEDIATE');
  t.match(engine.run([{ name: 'appendAudit', args: [entry] }]), [{ ok: false, error: { code: 'busy' } }]);
  t.match(engine.run([{ name: 'auditHead', args: [] }]), [{ ok: true }], 'readers are not held up');
  holder.close();
  t.match(engine.run([{ name: 'appendAudit', args: [entry] }]), [{ ok: true }]);
  engine.close();
});

t.test('no token lies in the pages of the database', async (t) => {
  const path = newPath(t);
  const secret = randomBytes(32);
  const engine = await open(path);
  const hash = createHash('sha256').update(secret).digest();
  engine.run([{ name: 'createToken', args: [{ ...token, hash }, entry] }]);
  const pages = readdirSync(dirname(path)).map((name) => readFileSync(join(dirname(path), name)));
  engine.close();
  t.ok(existsSync(path));
  t.ok(
    pages.some((bytes) => bytes.includes(hash)),
    'its hash does',
  );
  for (const form of [secret, ...(['hex', 'base64', 'base64url'] as const).map((name) => secret.toString(name))]) {
    t.notOk(pages.some((bytes) => bytes.includes(form)));
  }
});

async function open(path: string, prepare: (db: Connection) => void = () => {}): Promise<Engine> {
  const db = await openDatabase(path);
  prepare(db);
  return new Engine(db, chain, new ManualClock());
}

function readPage(engine: Engine, args: [fromSeq: number, limit: number]): LogPage {
  const [result] = engine.run([{ name: 'readAudit', args }]);
  if (!result?.ok) throw new Error('a page could not be read');
  return result.value as LogPage;
}
