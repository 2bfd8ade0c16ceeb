import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { parseKeyName, utf8 } from '../../lib/base/index.js';
import { formatLine } from '../../lib/cli/console/line.js';
import type { Paint } from '../../lib/cli/console/paint.js';
import { judgeCoreDumps } from '../../lib/cli/doctor/checks/memory.js';
import { judgeSpace } from '../../lib/cli/doctor/checks/space.js';
import { judgeSwap } from '../../lib/cli/doctor/checks/swap.js';
import { checks } from '../../lib/cli/doctor/checks.js';
import { describeFindings } from '../../lib/cli/doctor/report.js';
import { draftPath } from '../../lib/files/atomic/drafts.js';
import { acquireProcessLock, temporaryPath } from '../../lib/files/index.js';
import { addMasterKey, loadMasterKeys } from '../../lib/vault/format/master-key.js';
import { makeVerifier, replaceVerifierFile } from '../../lib/vault/gate/verifier.js';
import type { ResourceOutcome, RunReport } from '../../lib/wire/index.js';
import { enroll } from '../store/kit.js';
import { CHEAP } from '../vault/kit.js';
import { DAY_MS, makeHome, writeCertificates } from './doctor-home.js';

const SQL = fileURLToPath(new URL('sql.mjs', import.meta.url));
const RULES = { 'envoys.vgo': 'envoys: [{match: "*", configcrates: [shop]}]\n' };
const HOST_CHECKS = ['memory', 'swap', 'space'];
const isRoot = process.geteuid?.() === 0;

function crate(content: string): string {
  return `configcrate: shop\nresources:\n  - {name: f, type: file, path: /etc/shop, content: ${JSON.stringify(content)}}\n`;
}

t.test('a home that is in order, and nothing of it is touched', async (t) => {
  const home = await makeHome(t);
  await home.set('shop/db', 'one');
  await home.set('shop/db', 'two');
  const digest = await home.publish({ ...RULES, 'shop.vgo': crate('secret:shop/db') });
  symlinkSync(`published/${digest}`, home.paths.live);
  const before = snapshot(home.paths.root);
  for (const { name } of checks.filter(({ name }) => !HOST_CHECKS.includes(name))) {
    const findings = await home.findings(name);
    t.ok(findings.length > 0, name);
    for (const { status, message } of findings) t.equal(status, 'ok', `${name}: ${message}`);
  }
  t.same(snapshot(home.paths.root), before);
});

t.test('permissions', async (t) => {
  const home = await makeHome(t);
  const { paths } = home;
  await home.set('a/b', 'x');
  mkdirSync(paths.stacks);
  const modes: [string, number, RegExp][] = [
    [paths.root, 0o777, /^fail {2}has mode 0777/],
    [join(paths.secrets, 'a/b'), 0o640, /^fail \/secrets\/a\/b has mode 0640: its group can read/],
    [join(paths.secrets, '.master.key'), 0o604, /everybody can read/],
    [join(paths.keys, 'policy'), 0o644, /keys\/policy/],
    [join(paths.tls, 'ca_key'), 0o640, /tls\/ca_key/],
    [join(paths.tls, 'key'), 0o640, /tls\/key/],
    [paths.database, 0o660, /db\/vigo.db/],
    [paths.run, 0o755, /run has mode/],
    [home.vault.layout.verifierFile, 0o644, /secrets-verifier/],
    [paths.stacks, 0o777, /stacks/],
  ];
  for (const [path, mode, problem] of modes) {
    const { mode: before } = lstatSync(path);
    chmodSync(path, mode);
    const found = await home.ask('permissions');
    t.equal(found.length, 1, path);
    t.match(found[0], problem);
    t.match((await home.findings('permissions'))[0]?.hint, /^chmod /);
    chmodSync(path, before);
  }
  chmodSync(join(paths.tls, 'cert'), 0o644);
  chmodSync(paths.stacks, 0o775);
  t.match(await home.ask('permissions'), [/^ok /], 'a certificate is no secret, and operators share the stacks');
});

t.test(
  'as a user who may not read the vault, every check says so',
  { skip: !isRoot && 'only root can act as another user' },
  async (t) => {
    const home = await makeHome(t);
    for (const { name } of checks) await home.findings(name); // whatever they load, this user may not be able to
    const folder = join(home.paths.root, '..');
    chmodSync(folder, 0o755);
    for (const mode of [0o755, 0o700]) {
      chmodSync(home.paths.root, mode);
      process.seteuid?.(65_534);
      try {
        for (const name of ['permissions', 'master key', 'vault files', 'expiry', 'gate', 'refs', 'audit log']) {
          t.ok(
            (await home.ask(name)).some((line) => line.startsWith('fail ')),
            `${mode.toString(8)} ${name}`,
          );
        }
      } finally {
        process.seteuid?.(0);
      }
    }
  },
);

t.test('master key', async (t) => {
  const home = await makeHome(t);
  const { keyFile } = home.vault.layout;
  t.match(await home.ask('master key'), [/^ok .* key [0-9a-f]{16} opens 4 files$/]);
  const keys = await loadMasterKeys(keyFile);
  if (keys === undefined) throw new Error('no key');
  await addMasterKey(keyFile, keys);
  t.match(await home.ask('master key'), [/^ok .* opens 0 files$/, /^warn .* 4 files under it: a rekey is under way/]);
  await home.vault.rekey();
  t.match(await home.ask('master key'), [/^ok .* opens 4 files$/]);
  truncateSync(keyFile, 20);
  t.match(await home.ask('master key'), [/^fail .*not a master key file/]);
  rmSync(keyFile);
  t.match(await home.ask('vault files'), [/^fail .*but no master key/]);
});

t.test('vault files', async (t) => {
  const home = await makeHome(t);
  const file = (name: string) => join(home.paths.secrets, name);
  for (const name of ['a', 'a', 'a', 'b', 'b', 'c']) await home.set(name, `of ${name}`);
  t.match(await home.ask('vault files'), ['ok all open: 3 secrets, 3 earlier versions, 4 server keys']);
  rmSync(file('a'));
  copyFileSync(file('.versions/a/@1'), file('a'));
  truncateSync(file('.versions/b/@1'), 50);
  rmSync(join(home.paths.keys, 'checkpoint'));
  linkSync(file('c'), file('stray.'));
  t.match(await home.ask('vault files'), [
    /^fail .*\/secrets\/a: the file of a is version 1, but there is a version 3/,
    /^fail .*\.versions\/b\/@1: /,
    /^fail the server's key \/keys\/checkpoint is missing/,
    /^warn \/secrets\/stray\. belongs to no secret/,
  ]);
});

t.test('vault files, against what the server has seen', async (t) => {
  const home = await makeHome(t);
  await home.set('a', 'one');
  await home.set('a', 'two');
  const entry = { action: 'secret.changed', actor: 'vigosrv', subject: '1 secret', outcome: 'done' } as const;
  await home.store.recordSecretVersions([{ key: parseKeyName('a'), version: 2 }], entry);
  t.match(await home.ask('vault files'), [/^ok /]);
  renameSync(join(home.paths.secrets, '.versions/a/@1'), join(home.paths.secrets, 'a'));
  t.match(await home.ask('vault files'), [/^fail .*the file of a is version 1, but there is a version 2/]);
  rmSync(join(home.paths.secrets, '.versions'), { recursive: true });
  t.match(await home.ask('vault files'), [/^fail .*a is at version 1, but the server has seen version 2/]);
});

t.test('expiry', async (t) => {
  const home = await makeHome(t);
  await home.set('late', 'x', home.clock.now + 15 * DAY_MS);
  t.match(await home.ask('expiry'), [/^ok none of 1/]);
  home.clock.now += 2 * DAY_MS;
  t.match(await home.ask('expiry'), [/^warn late expires 20/]);
  home.clock.now += 13 * DAY_MS;
  t.match(await home.ask('expiry'), [/^fail late expired 20/]);
});

t.test('gate', async (t) => {
  const home = await makeHome(t);
  const { vault, clock } = home;
  t.match(await home.ask('gate'), [/^ok unlocked until 20/]);
  clock.now -= 1000;
  t.match(await home.ask('gate'), [/^warn .*the clock was set back/]);
  clock.now += DAY_MS + 1000;
  t.match(await home.ask('gate'), [/^ok the vault was not used for 1d/]);
  await vault.lock();
  t.same(await home.ask('gate'), ['ok the vault is locked']);
  await t.rejects(vault.unlock(utf8('wrong')));
  t.match(await home.ask('gate'), [/^ok /, /^warn 1 wrong passphrase, the last at 20/]);
  await replaceVerifierFile(vault.layout.verifierFile, await makeVerifier(utf8('weak'), CHEAP));
  t.match(await home.ask('gate'), [/^ok /, /^warn /, /^warn the verifier of the passphrase costs less/]);
  rmSync(vault.layout.verifierFile);
  t.match(await home.ask('gate'), [/^fail /]);
});

t.test('leftovers', async (t) => {
  const home = await makeHome(t);
  const { secrets, keys, published } = home.paths;
  mkdirSync(join(secrets, 'a'), { mode: 0o700 });
  mkdirSync(published, { mode: 0o700 });
  const left = [join(secrets, 'a'), keys, published].map(temporaryPath);
  for (const path of left) writeFileSync(path, '');
  t.match(await home.ask('leftovers'), [/^ok /], 'a writer may be at work');
  const hourAgo = new Date(home.clock.now - 3_600_000);
  for (const path of left) utimesSync(path, hourAgo, hourAgo);
  t.match(await home.ask('leftovers'), [/^warn .* was never finished/, /^warn /, /^warn /]);
});

t.test('leftovers of a backup and a restore that were killed', async (t) => {
  const home = await makeHome(t);
  const { root, run, secrets } = home.paths;
  const snapshot = join(secrets, '.snapshot');
  mkdirSync(snapshot, { mode: 0o700 });
  const lock = await acquireProcessLock(join(run, 'backup.lock'));
  t.match(await home.ask('leftovers'), [/^ok /], 'a backup is at work');
  await lock.release();
  t.match(await home.ask('leftovers'), ['warn /secrets/.snapshot was left by a backup that was killed']);
  rmSync(snapshot, { recursive: true });
  const living = await draftPath(root);
  mkdirSync(living);
  t.match(await home.ask('leftovers'), [/^ok /], 'a restore is at work');
  renameSync(living, `${living}1`);
  t.match(await home.ask('leftovers'), [/^warn .*\.home\.unfinished-.* holds a master key/]);
});

t.test('a killed server is noticed', async (t) => {
  const home = await makeHome(t);
  const { run, apiEndpoint } = home.paths;
  t.same(await home.ask('server'), ['ok vigosrv is stopped']);
  const lock = await acquireProcessLock(join(run, 'vigosrv.lock'));
  t.match(await home.ask('server'), [/^warn vigosrv, process \d+, runs but doesn't serve yet/]);
  writeFileSync(apiEndpoint, '{}', { mode: 0o600 });
  t.same(await home.ask('server'), [`ok vigosrv, process ${process.pid}, runs`]);
  await lock.release();
  t.match(await home.ask('server'), [/^fail vigosrv was killed: .*run\/api.json is left of it/]);
  rmSync(apiEndpoint);
  t.same(await home.ask('server'), ['ok vigosrv is stopped']);
  writeFileSync(join(run, 'vigosrv.lock.9'), '4194399 1 x', { mode: 0o600 });
  t.match(await home.ask('server'), [/^fail vigosrv was killed: .*vigosrv.lock is left of it/], 'killed as it started');
});

t.test('machines that fail and machines that are silent are named', async (t) => {
  const home = await makeHome(t);
  t.same(await home.ask('envoys'), ['ok 0 envoys']);
  const [a, b] = [await enroll(home.store, 1, 'web-1'), await enroll(home.store, 2, 'web-2')];
  const run = (outcome: ResourceOutcome): RunReport => ({
    ...{ runId: a, startedAtMs: 1, finishedAtMs: 2, policyVersion: 3, secretsEpoch: 4, failure: undefined },
    results: [{ configcrate: 'c', resource: 'r', type: 'file', outcome, message: '', durationMs: 1 }],
  });
  await home.store.saveRun(a, run('failed'));
  await home.store.saveRun(b, run('unchanged'));
  const seen = { lastSeenAtMs: home.clock.now, checkInIntervalMs: 60_000 };
  await home.store.touchEnvoys([a, b].map((id) => ({ id, ...seen })));
  const failing = 'warn web-1: its last run failed 1 of 1';
  t.same(await home.ask('envoys'), [failing]);
  home.clock.now += 3_600_000;
  t.same(await home.ask('envoys'), [failing], 'nobody can be in contact with a server that is stopped');
  const lock = await acquireProcessLock(join(home.paths.run, 'vigosrv.lock'));
  t.match(await home.ask('envoys'), [/^warn web-1: no contact since 20/, /^warn web-2: no contact since 20/]);
  await home.store.touchEnvoys([{ id: b, lastSeenAtMs: home.clock.now }]);
  const [only, ...others] = await home.ask('envoys');
  t.match(only, /^warn web-1: no contact since 20/);
  t.same(others, []);
  await lock.release();
});

t.test('a killed backup is one line, however many secrets there are', async (t) => {
  const home = await makeHome(t);
  const folder = join(home.paths.secrets, '.snapshot');
  await home.set('shop/db', 'one');
  mkdirSync(folder, { mode: 0o700 });
  for (let n = 0; n < 78; n++) linkSync(join(home.paths.secrets, 'shop/db'), join(folder, String(n)));
  const lines = [...(await home.ask('vault files')), ...(await home.ask('leftovers'))];
  t.same(
    lines.filter((line) => !line.startsWith('ok ')),
    ['warn /secrets/.snapshot was left by a backup that was killed'],
  );
});

t.test('what it tells one to paste does nothing but name a file', async (t) => {
  const home = await makeHome(t);
  const { stacks, run } = home.paths;
  mkdirSync(stacks, { recursive: true });
  const evil = join(stacks, "$(touch pwned) 'x'.vgo");
  writeFileSync(evil, '');
  chmodSync(evil, 0o666);
  const hint = (await home.findings('permissions')).find(({ message }) => message.includes('pwned'))?.hint ?? 'false';
  t.match(hint, /^chmod /);
  t.equal(spawnSync('sh', ['-c', hint], { cwd: run }).status, 0);
  t.equal(statSync(evil).mode & 0o002, 0, 'it did what it says');
  t.notOk(existsSync(join(run, 'pwned')));
});

t.test('refs resolve as the server would', async (t) => {
  const home = await makeHome(t);
  await home.set('shop/db', 'x');
  t.match(await home.ask('refs'), ['ok no config is published yet']);
  const digest = await home.publish({ ...RULES, 'shop.vgo': crate('secret:shop/db') });
  t.match(await home.ask('refs'), [
    /^warn \/\.live does not lead to/,
    'ok 1 ref of the live config: every one resolves',
  ]);
  symlinkSync(`published/${digest}`, home.paths.live);
  const shop = join(home.paths.secrets, 'shop/db');
  copyFileSync(join(home.paths.keys, 'policy'), shop);
  t.match(await home.ask('refs'), [/^fail shop\.vgo:3:\d+: the file of shop\/db /], 'damaged');
  rmSync(shop);
  t.match(await home.ask('refs'), [/^fail shop\.vgo:3:\d+: there is no secret shop\/db$/]);
  t.match((await home.findings('refs'))[0]?.hint, 'vigocli secrets set raw shop/db');
  writeFileSync(join(home.paths.published, digest, 'shop.vgo'), 'configcrate: other');
  t.match(await home.ask('refs'), [/^fail .* is not the config that was published/]);
});

t.test('refs that no envoy may ever resolve, and more than one answer holds', async (t) => {
  const home = await makeHome(t);
  const live = async (content: string) => {
    const digest = await home.publish({ ...RULES, 'shop.vgo': crate(content) });
    rmSync(home.paths.live, { force: true });
    symlinkSync(`published/${digest}`, home.paths.live);
  };
  await live('secret:vigo/web/auth/admin');
  t.match(await home.ask('refs'), [/^fail shop\.vgo:3:\d+: .*vigo\/web\/auth\/admin/]);
  const names = Array.from({ length: 9 }, (_, i) => `large/${i}`);
  for (const name of names) await home.set(name, 'x'.repeat(1 << 20));
  await live(names.map((name) => `secret:${name}`).join(' '));
  t.match(await home.ask('refs'), [/^fail envoys\.vgo:1:\d+: the secrets for \* have \d+ bytes together/]);
});

t.test('certificates', async (t) => {
  const home = await makeHome(t);
  const { tls } = home.paths;
  const lines = (ca: string, server: string) => [
    new RegExp(`^${ca} the CA certificate `),
    new RegExp(`^${server} the server's certificate `),
  ];
  t.match(await home.ask('certificates'), lines('ok', 'ok'));
  home.clock.now += 340 * DAY_MS;
  t.match(await home.ask('certificates'), lines('ok', 'warn'));
  home.clock.now += 30 * DAY_MS;
  t.match(await home.ask('certificates'), lines('ok', 'fail'));
  home.clock.now += 3300 * DAY_MS;
  t.match(await home.ask('certificates'), lines('fail', 'fail'));
  home.clock.now -= 4000 * DAY_MS;
  t.match(await home.ask('certificates'), lines('fail', 'fail'), 'not yet valid');

  const self = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=x'];
  const [key, cert] = [join(tls, 'key'), join(tls, 'cert')];
  execFileSync('openssl', [...self, '-days', '9', '-keyout', key, '-out', cert], { stdio: 'ignore' });
  t.match(await home.ask('certificates'), [/^fail the server's certificate .* not signed by this CA/]);
  rmSync(key);
  t.match(await home.ask('certificates'), [/^fail can't read \/tls\/key/]);
  rmSync(tls, { recursive: true });
  t.match(await home.ask('certificates'), ['warn there is no /tls']);
});

t.test('a certificate that names another host is said', async (t) => {
  const home = await makeHome(t);
  rmSync(home.paths.tls, { recursive: true });
  writeCertificates(home.paths, home.clock, { hostName: 'another-host', names: ['vigo.example.org'] });
  const [, , finding] = await home.ask('certificates');
  t.match(finding, /^warn the server's certificate names vigo\.example\.org, another-host, and not this host, /);
});

t.test('audit log', async (t) => {
  const home = await makeHome(t);
  t.match(await home.ask('audit log'), [/^ok \d+ entries hold together/]);
  const entry = { actor: 'vigosrv', subject: 'x', outcome: 'done' } as const;
  await home.store.appendAudit({ ...entry, action: 'backup.restored' });
  home.clock.now += 2 * DAY_MS;
  await home.store.appendAudit({ ...entry, action: 'database.restored' });
  const putBack = /^warn entry \d+: an earlier state was put back/;
  t.match(await home.ask('audit log'), [/^ok /, putBack, putBack]);
  home.clock.now += 13 * DAY_MS;
  t.match(await home.ask('audit log'), [/^ok /, putBack]);
  home.clock.now += 2 * DAY_MS;
  t.equal((await home.ask('audit log')).length, 1, 'after two weeks it is history');
  await home.store.close();
  const sql = (statement: string) => execFileSync(process.execPath, [SQL, home.paths.database, statement]);
  sql('DELETE FROM audit_log WHERE seq = 2');
  t.match(await home.ask('audit log'), ['fail entry 2 was removed']);
  sql('PRAGMA user_version = 0');
  t.match(await home.ask('audit log'), [/^fail .*has schema 0/], 'it is left as it is');
  writeFileSync(
    home.paths.database,
    'not a database, but a file that is long enough to be looked at as one'.repeat(20),
  );
  t.match(await home.ask('audit log'), [/^fail .*not a database of Vigo/]);
  rmSync(home.paths.database);
  t.match(await home.ask('audit log'), [/^fail /]);
});

const canMount = isRoot && spawnSync('unshare', ['-m', 'true']).status === 0;

t.test('space', { skip: !canMount && 'mounting a small file system needs root' }, async (t) => {
  const home = await makeHome(t);
  t.match(await home.ask('space'), [/^(ok|warn) : .* free$/]);
  const { published } = home.paths;
  mkdirSync(published);
  const mount = (...args: string[]) => t.equal(spawnSync('mount', [...args, published]).status, 0);
  mount('-t', 'tmpfs', '-o', 'size=1m', 'tmpfs');
  t.teardown(() => spawnSync('umount', [published]));
  t.ok((await home.ask('space')).includes('fail /published: 1 MiB free'));
  mount('-o', 'remount,ro');
  t.ok((await home.ask('space')).includes('fail /published: the file system is read-only'));
});

t.test('how much is enough', async (t) => {
  const plenty = { bytes: 1e12, files: 1e6, readOnly: false };
  const status = (space: Partial<typeof plenty>) => judgeSpace('/x', { ...plenty, ...space }).status;
  t.equal(status({}), 'ok');
  t.equal(judgeSpace('/x', { ...plenty, files: undefined }).status, 'ok');
  t.equal(status({ bytes: 100 << 20 }), 'warn');
  t.equal(status({ bytes: 1 << 20 }), 'fail');
  t.equal(status({ files: 5000 }), 'warn');
  t.equal(status({ files: 5 }), 'fail');
  t.equal(status({ readOnly: true }), 'fail');
});

t.test('memory, of the server that runs too', async (t) => {
  const home = await makeHome(t);
  t.equal((await home.findings('memory')).length, 1);
  const lock = await acquireProcessLock(join(home.paths.run, 'vigosrv.lock'));
  const [, server] = await home.findings('memory');
  t.match(server?.message, `vigosrv, process ${process.pid}: `);
  await lock.release();
  t.equal((await home.findings('memory')).length, 1);

  const judge = (limit: string, filter: number, piped: boolean) => judgeCoreDumps('x', { limit, filter, piped }).status;
  t.equal(judge('unlimited', 0, true), 'ok');
  t.equal(judge('0', 0x33, false), 'ok');
  t.equal(judge('0', 0x33, true), 'warn', 'the limit does not hold for a pipe');
  t.equal(judge('unlimited', 0x33, false), 'warn');
  t.equal(judgeCoreDumps('x', { limit: undefined, filter: undefined, piped: undefined }).status, 'warn');
});

t.test('swap', async (t) => {
  t.match(judgeSwap([]), [{ status: 'ok' }]);
  t.match(judgeSwap(undefined), [{ status: 'warn' }]);
  t.match(
    judgeSwap([
      { path: '/dev/sda2', lies: 'unknown' },
      { path: '/dev/dm-0', lies: 'on an encrypted device' },
      { path: '/dev/zram0', lies: 'in memory' },
    ]),
    [{ status: 'warn' }, { status: 'ok' }, { status: 'ok' }],
  );
});

t.test('a check that fails in another way than it knows ends no other', async (t) => {
  const home = await makeHome(t);
  rmSync(home.paths.database);
  mkdirSync(home.paths.database);
  rmSync(home.paths.secrets, { recursive: true });
  writeFileSync(home.paths.secrets, 'a file where a folder should be');
  rmSync(home.paths.run, { recursive: true });
  writeFileSync(home.paths.run, '');
  for (const { name } of checks) {
    const findings = await home.findings(name);
    t.ok(findings.length > 0, name);
    for (const { message } of findings) t.notMatch(message, /the check itself/, name);
  }
});

t.test('a report is cut where it helps nobody any more, the worst first', async (t) => {
  const findings = [
    { status: 'ok', message: 'fine' } as const,
    ...Array.from(
      { length: 30 },
      (_, i) => ({ status: 'fail', message: `file ${i}\u001b[2J`, hint: 'mend it' }) as const,
    ),
  ];
  const paint: Paint = (status, text) => (status === 'heading' ? text : `<${status}>${text}`);
  const lines = describeFindings('x', findings, 5).map((cells) => formatLine(cells, paint).trimEnd());
  t.equal(lines[0], '<fail>fail  x      file 0\\u{1b}[2J');
  t.equal(lines[1], `${' '.repeat(13)}hint: mend it`);
  t.equal(lines.at(-1), `${' '.repeat(13)}and 11 more; --json lists all of them`);
  t.equal(lines.length, 41);
});

/** Every path below a folder with what a write changes, but for the files that SQLite opens. */
function snapshot(folder: string): string[] {
  return (readdirSync(folder, { recursive: true }) as string[])
    .filter((path) => !path.startsWith('db/'))
    .sort()
    .map((path) => {
      const { mode, size, mtimeMs, ctimeMs } = lstatSync(join(folder, path));
      return [path, mode, size, mtimeMs, ctimeMs].join(' ');
    });
}
