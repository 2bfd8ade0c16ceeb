import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { ownEnvoy, plainCheckIn, refusalOf } from '../../demo/attacker.js';
import { decodeSignedRequest, encodeSignedRequest } from '../../lib/wire/index.js';
import { ageCertificate } from './aged-certificate.js';
import { whenChanged } from './file-events.js';
import { startFleet } from './start-fleet.js';

const HOSTS = ['web-1', 'web-2', 'web-3', 'web-4', 'web-5'];

// Some forty programs, one after the other.

/** A server with a config and a secret, and the machines web-1, which runs an agent, web-2 and web-3. */
async function setUp(t: Test) {
  const fleet = await startFleet(t);
  const target = join(fleet.root, 'target');
  mkdirSync(target);
  /** Each host writes a file of its own. */
  const stacks = (text: string) => ({
    'envoys.vgo': `envoys:\n${HOSTS.map((host) => `  - { match: ${host}, configcrates: [${host}] }\n`).join('')}`,
    ...Object.fromEntries(
      HOSTS.map((host) => [
        `${host}.vgo`,
        `configcrate: ${host}
resources:
  - { name: settings, type: file, path: ${target}/${host}, content: "${text} secret:shop/password" }
`,
      ]),
    ),
  });
  const contentOf = (host: string) =>
    existsSync(join(target, host)) ? readFileSync(join(target, host), 'utf8') : undefined;
  const whenIs = (host: string, content: string) =>
    whenChanged(target, `${host} has ${content}`, () => contentOf(host) === content);
  await fleet.setSecret('shop/password', 'first');
  await fleet.publish(stacks('one'));
  for (const host of ['web-1', 'web-2', 'web-3']) await fleet.enroll(host);
  const converges = async (t: Test, host: string, content: string) => {
    const run = await fleet.vigo(host, 'run', '--once');
    t.equal(run.code, 0, `${host}: ${run.stderr}`);
    t.equal(contentOf(host), content, `${host}: ${content}`);
  };
  for (const host of ['web-2', 'web-3']) await converges(t, host, 'one first');
  const agent = fleet.startAgent('web-1');
  await whenIs('web-1', 'one first');
  const goOn = async () => {
    await fleet.setSecret('shop/password', 'second');
    await fleet.publish(stacks('two'));
    await whenIs('web-1', 'two second');
  };
  const statuses = async () => {
    const envoys: Envoy[] = JSON.parse((await fleet.vigocli('envoys', 'list', '--json')).stdout);
    return Object.fromEntries(
      envoys.map(({ host_name, status, fork }) => [host_name, fork === null ? status : 'fork']),
    );
  };
  const identity = (host: string) => JSON.parse(readFileSync(join(fleet.configDir(host), 'identity.json'), 'utf8'));
  const firstProblem = async (host: string) =>
    JSON.parse((await fleet.vigo(host, 'status', '--json')).stdout).problems[0];
  return { fleet, agent, converges, goOn, whenIs, statuses, identity, firstProblem };
}

interface Envoy {
  readonly host_name: string;
  readonly status: string;
  readonly fork: unknown;
}

t.test("last week's database is put back under today's files", async (t) => {
  const { fleet, agent, converges, goOn, whenIs, statuses, identity, firstProblem } = await setUp(t);
  await fleet.enroll('web-5');
  const token = await fleet.makeToken('web-4');
  const backup = join(fleet.root, 'backup.db');
  await fleet.copyDatabase(backup);

  await goOn();
  t.equal((await fleet.tryEnroll('web-4', token)).code, 0);
  await converges(t, 'web-4', 'two second');
  await fleet.vigocli('envoys', 'revoke', 'web-5');
  ageCertificate(fleet, 'web-2', 22);
  await converges(t, 'web-2', 'two second');
  t.equal((await fleet.audit('envoy.renewed')).length, 1, 'with another certificate');
  const attacker = await ownEnvoy(fleet.configDir('web-3'));
  const [used, unused] = [1, 2].map(() => encodeSignedRequest(attacker.sign('CheckIn', plainCheckIn(attacker))));
  t.teardown(() => attacker.close());
  if (used === undefined || unused === undefined) throw new Error('nothing was recorded');
  t.equal(await refusalOf(attacker.call('CheckIn', used)), undefined);
  await converges(t, 'web-3', 'two second');

  await fleet.server.end();
  await fleet.restoreDatabase(backup);
  const [since, from] = [Date.now(), agent.said.length];
  await fleet.startServer();

  await t.test('who was enrolled then goes on by itself, and gets no old value', async (t) => {
    await whenIs('web-1', 'one second');
    for (const host of ['web-2', 'web-3']) await converges(t, host, 'one second');
    t.notMatch(agent.said.slice(from), /this envoy accepted/, 'nothing was refused');
    await fleet.setSecret('shop/password', 'third');
    await whenIs('web-1', 'one third');
    t.same(await fleet.audit('envoy.forked'), []);
    t.match(await statuses(), { 'web-1': 'active', 'web-2': 'active', 'web-3': 'active' });
  });

  await t.test('the log says it once, and whoever looks after the server is told what to do', async (t) => {
    t.match(await fleet.audit('database.restored'), [{ outcome: 'done', actor: 'vigosrv' }]);
    t.match(fleet.server.said, /an earlier database was restored: do again what was revoked/);
    const [live] = JSON.parse((await fleet.vigocli('config', 'history', '--json')).stdout);
    t.match(live, { source: 'restore' });
    t.ok(live.policy_version >= since);
    t.match((await fleet.vigocli('audit', 'verify')).stderr, /\nentry \d+, .*: an earlier state was put back/);
    const doctor = await fleet.vigocli('doctor', '--only', 'audit log');
    t.match(doctor.stdout, /warn .*an earlier state was put back.*\n.*revoke, quarantine, rename/);
  });

  await t.test('a request that was recorded before is refused', async (t) => {
    const again = await ownEnvoy(fleet.configDir('web-3'), fleet.grpcAddress);
    t.teardown(() => again.close());
    for (const [what, request] of Object.entries({ used, unused })) {
      t.equal(await refusalOf(again.call('CheckIn', request)), 'instance', what);
      const { instance } = again;
      const readdressed = encodeSignedRequest({ ...decodeSignedRequest('CheckIn', request), instance });
      t.equal(await refusalOf(again.call('CheckIn', readdressed)), 'forged', `${what}, readdressed`);
    }
  });

  await t.test('who was enrolled since is unknown, until an operator lets it back', async (t) => {
    const before = identity('web-4');
    const config = readdirSync(fleet.configDir('web-4'));
    t.equal((await fleet.vigo('web-4', 'run', '--once')).code, 1);
    t.match(await firstProblem('web-4'), {
      task: 'check-in',
      reason: 'unknown',
      advice: /vigo enroll --again .*token/,
    });
    t.same(identity('web-4'), before);
    t.same(readdirSync(fleet.configDir('web-4')), config, 'nothing is thrown away');

    const args = (file: string) => ['--again', ...fleet.enrollArgs('web-4', file)];
    const old = await fleet.vigo('web-4', 'enroll', ...args(token));
    t.match(old, { code: 3, stderr: /refuses to enroll/ }, 'the token that it used is not good once more');
    t.match((await fleet.audit('enrollment.refused')).at(-1), { detail: { reason: 'token_revoked' } });
    t.equal((await fleet.vigo('web-4', 'enroll', ...args(await fleet.makeToken('web-4')))).code, 0);
    t.not(identity('web-4').envoy_id, before.envoy_id, 'under a new id, because nobody knows the old one');
    await converges(t, 'web-4', 'one third');
    t.equal(await firstProblem('web-4'), undefined);
    t.match(await statuses(), { 'web-4': 'active' });
  });

  await t.test('who was revoked since is active again, and has to be revoked again', async (t) => {
    t.match(await statuses(), { 'web-5': 'active' });
    await fleet.vigocli('envoys', 'revoke', 'web-5');
    t.match((await fleet.vigo('web-5', 'run', '--once')).stderr, /this envoy is revoked/);
  });

  t.equal(await agent.end(), 0, agent.said);
});

t.test("last week's home is put back as a whole, by whoever has a snapshot of the disk", async (t) => {
  const { fleet, agent, converges, goOn, whenIs, statuses } = await setUp(t);
  const snapshot = join(fleet.root, 'snapshot');
  await fleet.server.end();
  cpSync(fleet.home, snapshot, { recursive: true, verbatimSymlinks: true });
  await fleet.startServer();
  await goOn();
  await converges(t, 'web-2', 'two second');
  await fleet.vigocli('pki', 'renew-server');

  await fleet.server.end();
  rmSync(fleet.home, { recursive: true });
  cpSync(snapshot, fleet.home, { recursive: true, verbatimSymlinks: true });
  await fleet.startServer();
  await whenIs('web-1', 'one first');
  for (const host of ['web-2', 'web-3']) await converges(t, host, 'one first');
  // Which gets a number that stood for another value.
  await fleet.setSecret('shop/password', 'another second');
  await whenIs('web-1', 'one another second');
  await converges(t, 'web-2', 'one another second');
  t.same(await statuses(), { 'web-1': 'active', 'web-2': 'active', 'web-3': 'active' });
  t.same(await fleet.audit('envoy.forked'), []);
  t.equal((await fleet.audit('database.restored')).length, 1);
  await fleet.vigocli('audit', 'verify');
  t.equal(await agent.end(), 0, agent.said);
});
