import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import t from 'tap';
import { openStore } from '../../lib/store/index.js';
import { APPLICATION_ID, MIGRATIONS } from '../../lib/store/sqlite/schema.js';
import { type ResourceOutcome, type RunReport, summarizeRun } from '../../lib/wire/index.js';
import { bytes32, chain, entry, envoyId, ManualClock, newPath, newRemoteStore, reopen } from './kit.js';

const clock = new ManualClock();

t.test('a new database is private, in WAL mode, and ours', async (t) => {
  const path = newPath(t);
  const store = await reopen(t, path);
  await store.appendAudit(entry);
  t.equal(statSync(dirname(path)).mode & 0o777, 0o700);
  for (const file of [path, `${path}-wal`, `${path}-shm`]) t.equal(statSync(file).mode & 0o777, 0o600, file);
  await store.close();
  const header = readFileSync(path);
  t.equal(header.toString('latin1', 68, 72), 'VIGO', 'application_id, https://sqlite.org/fileformat.html section 1.3');
  t.equal(header.readUInt32BE(60), MIGRATIONS.length, 'user_version');
  t.same([...header.subarray(18, 20)], [2, 2], 'WAL');
});

t.test('what was committed is there after opening again', async (t) => {
  const path = newPath(t);
  const store = await reopen(t, path);
  await store.genesis('fleet.example', entry);
  await store.close();
  const again = await reopen(t, path);
  t.equal(await again.trustDomain(), 'fleet.example');
  t.equal((await again.auditHead()).size, 1);
});

t.test('opened to be read: nothing is made, changed or left behind', async (t) => {
  const path = newPath(t);
  const read = () => openStore({ path, chain, clock, readOnly: true });
  await t.rejects(read(), { name: 'StoreError', code: 'unavailable' });
  t.notOk(existsSync(dirname(path)));

  const writer = await reopen(t, path);
  await writer.genesis('fleet.example', entry);
  const beside = await read();
  t.equal(await beside.trustDomain(), 'fleet.example');
  await t.rejects(beside.appendAudit(entry), { name: 'StoreError' });
  await writer.appendAudit(entry);
  t.equal((await beside.auditHead()).size, 2, 'what others commit is seen');
  await beside.close();
  await writer.close();

  const before = readFileSync(path);
  const alone = await read();
  t.equal((await alone.auditHead()).size, 2);
  await alone.close();
  t.same(readFileSync(path), before);
  t.same(readdirSync(dirname(path)), ['vigo.db']);

  const old = new Database(path);
  old.pragma('user_version = 0');
  old.close();
  await t.rejects(read(), { name: 'StoreError', code: 'older_schema' });
});

t.test('genesis is the first and only one', async (t) => {
  const store = await reopen(t, newPath(t));
  await t.rejects(store.trustDomain(), { name: 'StoreError', code: 'not_initialized' });
  await store.genesis('fleet.example', entry);
  await t.rejects(store.genesis('other.example', entry), { name: 'StoreError', code: 'already_initialized' });
  t.equal(await store.trustDomain(), 'fleet.example');
  t.equal((await store.auditHead()).size, 1);
});

t.test('two that open a new database at once', async (t) => {
  const path = newPath(t);
  const stores = [newRemoteStore(t, path), newRemoteStore(t, path)];
  await Promise.all(stores.map((store) => store.appendAudit(entry)));
  t.equal((await stores[0]?.auditHead())?.size, 2);
});

t.test('a database of a newer schema is refused and not touched', async (t) => {
  const path = newPath(t);
  await (await reopen(t, path)).close();
  const db = new Database(path);
  db.pragma('user_version = 999');
  db.pragma('journal_mode = DELETE');
  db.close();
  const before = readFileSync(path);
  await t.rejects(openStore({ path, chain, clock }), { code: 'newer_schema', message: /schema 999.*up to \d/ });
  await t.rejects(newRemoteStore(t, path).auditHead(), { name: 'StoreError', code: 'newer_schema' }, 'from a thread');
  t.same(readFileSync(path), before);
});

t.test('a database of the first schema is brought up to date, with what is in it', async (t) => {
  const path = newPath(t);
  mkdirSync(dirname(path), { mode: 0o700 });
  writeFileSync(path, '', { mode: 0o600 });
  const db = new Database(path);
  db.exec(MIGRATIONS[0] ?? '');
  db.pragma(`application_id = ${APPLICATION_ID}`);
  db.pragma('user_version = 1');
  const insert = db.prepare(
    `INSERT INTO envoys (id, host_name, ed25519_public_key, tls_public_key_hash, labels, enrolled_at, enrolled_from, revoked_at)
     VALUES (?, ?, ?, ?, '{}', 1, 'x', ?)`,
  );
  insert.run(envoyId(1), 'web-1', bytes32(1), bytes32(1), null);
  insert.run(envoyId(2), 'web-2', bytes32(2), bytes32(2), 7);
  const publish = db.prepare('INSERT INTO publications VALUES (?, ?, ?, ?, ?)');
  for (const at of [3000, 1000, 2000]) publish.run(at, `digest ${at}`, 'stacks', 'root', at);
  db.close();
  const store = await reopen(t, path);
  t.same(
    (await store.listPublications()).map(({ version, policyVersion }) => [version, policyVersion]),
    [
      [3, 3000],
      [2, 2000],
      [1, 1000],
    ],
    'what was published has versions in the order of publication',
  );
  t.match(await store.publish({ digest: 'x', source: 'stacks', actor: 'root' }, entry), { version: 4 });
  const added = { fork: undefined, quarantinedAtMs: undefined, generation: { issued: 0, quoted: 0 } };
  t.match(await store.getEnvoy('web-1'), { id: envoyId(1), status: 'active', ...added });
  t.match(await store.getEnvoy('web-2'), { id: envoyId(2), status: 'revoked', revokedAtMs: 7, ...added });
  await store.touchEnvoys([{ id: envoyId(1), lastSeenAtMs: 5, generation: { issued: 3, quoted: 2 } }]);
  t.match(await store.getEnvoy('web-1'), { generation: { issued: 3, quoted: 2 } });
  await store.close();
  t.match(await (await reopen(t, path)).getEnvoy('web-1'), { generation: { issued: 3 } }, 'once');
});

t.test('the last run of each envoy is found in a database that did not keep it apart', async (t) => {
  const path = newPath(t);
  mkdirSync(dirname(path), { mode: 0o700 });
  writeFileSync(path, '', { mode: 0o600 });
  const db = new Database(path);
  for (const step of MIGRATIONS.slice(0, 3)) db.exec(step);
  db.pragma(`application_id = ${APPLICATION_ID}`);
  db.pragma('user_version = 3');
  const envoy = db.prepare(
    `INSERT INTO envoys (id, host_name, ed25519_public_key, tls_public_key_hash, labels, enrolled_at, enrolled_from)
     VALUES (?, ?, ?, ?, '{}', 1, 'x')`,
  );
  const run = db.prepare('INSERT INTO runs (envoy_id, run_id, started_at, report) VALUES (?, ?, ?, ?)');
  const report = (n: number, outcomes: readonly ResourceOutcome[], failure?: string): RunReport => ({
    ...{ runId: envoyId(n), startedAtMs: n, finishedAtMs: n + 1, policyVersion: 7, secretsEpoch: 8, failure },
    results: outcomes.map((outcome) => {
      return { configcrate: 'c', resource: 'r', type: 'file', outcome, message: '', durationMs: 1 };
    }),
  });
  const runsOf = {
    'web-1': [report(1, ['failed']), report(2, ['unchanged', 'changed', 'failed', 'failed'])],
    'web-2': [report(3, ['unchanged', 'would_change']), report(4, ['unchanged', 'skipped'])],
    'web-3': [report(5, [], "secrets can't be resolved")],
    'web-4': [],
  };
  for (const [n, [name, reports]] of Object.entries(runsOf).entries()) {
    envoy.run(envoyId(n + 1), name, bytes32(n + 1), bytes32(n + 1));
    for (const each of reports) run.run(envoyId(n + 1), each.runId, each.startedAtMs, JSON.stringify(each));
  }
  db.close();
  const store = await reopen(t, path);
  const lastRuns = (await store.listEnvoys()).map(({ lastRun }) => lastRun);
  const [, second] = runsOf['web-1'];
  const [third] = runsOf['web-2'];
  const [fourth] = runsOf['web-3'];
  if (second === undefined || third === undefined || fourth === undefined) throw new Error('a run is missing');
  t.strictSame(lastRuns, [summarizeRun(second), summarizeRun(third), summarizeRun(fourth), undefined]);
});

t.test("another program's database is refused and not touched", async (t) => {
  const path = join(t.testdir(), 'other.db');
  const db = new Database(path);
  db.exec('CREATE TABLE recipes (name TEXT)');
  db.close();
  const before = readFileSync(path);
  await t.rejects(openStore({ path, chain, clock }), { name: 'StoreError', code: 'unavailable' }, 'not even private');
  spawnSync('chmod', ['600', path]);
  await t.rejects(openStore({ path, chain, clock }), { name: 'StoreError', code: 'foreign_database' });
  t.same(readFileSync(path), before);
});

t.test('a file that is no database is refused and not touched', async (t) => {
  const path = join(t.testdir(), 'text.db');
  writeFileSync(path, 'dear diary, '.repeat(500), { mode: 0o600 });
  await t.rejects(openStore({ path, chain, clock }), { name: 'StoreError', code: 'foreign_database' });
  t.equal(readFileSync(path, 'utf8'), 'dear diary, '.repeat(500));
});

t.test('a path that can not be', async (t) => {
  const path = join(t.testdir({ file: 'x' }), 'file', 'vigo.db');
  await t.rejects(openStore({ path, chain, clock }), { name: 'StoreError', code: 'unavailable' });
});

t.test('a closed store refuses calls, and closing once more is fine', async (t) => {
  const store = await reopen(t, newPath(t));
  await store.close();
  await t.rejects(store.appendAudit(entry), { name: 'StoreError', code: 'unavailable' });
  await store.close();
});

t.test('without the driver there is an error that says what to install', async (t) => {
  const program = `
    import { openStore } from ${JSON.stringify(new URL('../../lib/store/index.ts', import.meta.url).href)};
    const path = ${JSON.stringify(newPath(t))};
    await openStore({ path }).catch(({ name, code, hint }) => console.log(name, code, hint));`;
  const { stdout } = spawnSync(
    process.execPath,
    [...process.execArgv, '--no-addons', '--input-type=module', '--eval', program],
    { encoding: 'utf8' },
  );
  t.match(stdout, /^StoreError driver_missing .*better-sqlite3/);
});
