import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import t from 'tap';
import { homePaths } from '../../lib/base/index.js';
import { readTlsFiles } from '../../lib/server/trust/tls-files.js';
import { DIST } from '../cli/shell.js';
import { atChange } from './file-events.js';
import { startFleet } from './start-fleet.js';

const CANARY = 'the-canary-of-the-backup';
const PASSPHRASE = 'a passphrase of the backup';

t.test('a server and its backup', async (t) => {
  const fleet = await startFleet(t);
  const target = join(fleet.root, 'shop.ini');
  const passphrase = join(fleet.root, 'backup-passphrase');
  writeFileSync(passphrase, PASSPHRASE, { mode: 0o600 });
  const opening = ['--passphrase-file', passphrase];
  await fleet.setSecret('shop/password', CANARY);
  const stacks = (text: string) => ({
    'envoys.vgo': 'envoys:\n  - { match: "*", configcrates: [shop] }\n',
    'shop.vgo': `
configcrate: shop
resources:
  - { name: settings, type: file, path: ${target}, content: "${text} secret:shop/password" }
`,
  });
  await fleet.publish(stacks('one'));
  await fleet.enroll('web-1');
  const archive = join(fleet.root, 'vigo.backup');

  await t.test('made while the server runs; no value is in it', async (t) => {
    await fleet.vigocli('backup', archive, ...opening);
    const { stdout } = await fleet.vigocli('backup', 'verify', archive, ...opening, '--json');
    t.match(JSON.parse(stdout), { ok: true, secrets: 1, audit: { ok: true } });
    t.notOk(readFileSync(archive).includes(CANARY));
  });

  await t.test('killed while it is made: the old backup stays, and the next one works', async (t) => {
    const before = readFileSync(archive);
    for (const nth of [1, 3, 6]) {
      const child = fleet.reside('vigocli', ['backup', archive, '--force', ...opening]);
      const trap = atChange([join(fleet.home, 'secrets'), fleet.root], nth, () => child.child.kill('SIGKILL'));
      await child.ended();
      trap.stop();
      if (child.child.signalCode !== null) t.same(readFileSync(archive), before, `killed at change ${nth}`);
    }
    await fleet.vigocli('backup', archive, '--force', ...opening);
    t.notOk(existsSync(join(fleet.home, 'secrets', '.snapshot')), 'nothing is left of the others');
    await fleet.vigocli('backup', 'verify', archive, ...opening);
  });

  await t.test('killed while it is restored: nothing is there, or all of it', async (t) => {
    const beside = join(fleet.root, 'restored');
    mkdirSync(beside);
    const home = join(beside, 'home');
    for (const nth of [1, 2, 3]) {
      const child = fleet.reside('vigocli', ['restore', archive, '--home', home, ...opening]);
      const trap = atChange([beside], nth, () => child.child.kill('SIGKILL'));
      await child.ended();
      trap.stop();
      if (existsSync(home)) t.ok(existsSync(join(home, '.live')), `whole, killed at change ${nth}`);
      else t.match(readdirSync(beside), [/^\.home\.unfinished-/], `nothing by that name, killed at change ${nth}`);
      rmSync(home, { recursive: true, force: true });
    }
  });

  await t.test('a server starts on what was restored, and its envoy goes on', async (t) => {
    // The envoy has seen more than the backup knows.
    await fleet.publish(stacks('two'));
    t.equal((await fleet.vigo('web-1', 'run', '--once')).code, 0);
    t.equal(readFileSync(target, 'utf8'), `two ${CANARY}`);
    await fleet.server.end();
    rmSync(fleet.home, { recursive: true });
    await fleet.vigocli('restore', archive, ...opening);
    await fleet.startServer();
    const { code, stderr } = await fleet.vigo('web-1', 'run', '--once');
    t.equal(code, 0, stderr);
    t.equal(readFileSync(target, 'utf8'), `one ${CANARY}`, 'it has the config of the backup');
    await fleet.vigocli('audit', 'verify');
    t.equal((await fleet.audit('backup.restored')).length, 1);
    const [live] = JSON.parse((await fleet.vigocli('config', 'history', '--json')).stdout);
    t.match(live, { source: 'restore' });
  });
});

t.test('what is rotated while a backup is made is all in it or not at all', async (t) => {
  const fleet = await startFleet(t);
  await fleet.setSecret('large', 'x'.repeat(1_000_000)); // more than a pipe takes, and before all certificates
  const key = join(fleet.root, 'ops.key');
  await fleet.vigocli('backup', 'keygen', key);
  const old = await readTls(fleet.home);
  const child = spawn(process.execPath, [join(DIST, 'vigocli.mjs'), 'backup', '-', '--recipient', `${key}.pub`], {
    env: { PATH: process.env.PATH, VIGO_HOME: fleet.home },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'readable');
  for (const verb of ['rotate-keys', 'rotate-ca', 'renew-server']) await fleet.vigocli('pki', verb);
  const archive = join(fleet.root, 'vigo.backup');
  writeFileSync(archive, await buffer(child.stdout));
  await fleet.server.end();
  rmSync(fleet.home, { recursive: true });
  await fleet.vigocli('restore', archive, '--identity', key);
  const restored = await readTls(fleet.home);
  t.equal(restored.ca.certificatePem, old.ca.certificatePem);
  t.equal(restored.certificatePem, old.certificatePem);
  t.equal(restored.trustNumber, 0, 'the chain ends where the key does');
  await fleet.startServer();
});

function readTls(home: string) {
  const { tls, trust } = homePaths(home);
  const at = (name: string) => join(tls, name);
  return readTlsFiles({ ca: at('ca'), caKey: at('ca_key'), cert: at('cert'), key: at('key'), trust });
}
