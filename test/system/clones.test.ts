import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { startFleet } from './start-fleet.js';

const KEY = 'shop/password';

t.test('one envoy in two states', async (t) => {
  const fleet = await startFleet(t);
  const target = join(fleet.root, 'target');
  mkdirSync(target);
  const file = join(target, 'shop.ini');
  await fleet.setSecret(KEY, 'first');
  await fleet.publish({
    'envoys.vgo': 'envoys:\n  - { match: "*", configcrates: [shop] }\n',
    'shop.vgo': `
configcrate: shop
resources:
  - { name: plain, type: file, path: ${target}/plain, content: "no secret" }
  - { name: settings, type: file, path: ${file}, content: "secret:${KEY}" }
`,
  });
  const run = (host: string) => fleet.vigo(host, 'run', '--once');
  const shown = async (host: string) => (await fleet.vigocli('envoys', 'show', host)).stdout;
  const statusOf = async (host: string) => {
    const { stdout } = await fleet.vigocli('envoys', 'list');
    const state = stdout
      .split('\n')
      .find((line) => line.startsWith(`${host} `))
      ?.split(/ {2,}/)[1];
    // `failing, quarantined, cloned`: first how its runs went, which isn't asked here.
    return state?.split(', ').slice(1).join(', ') || 'active';
  };
  const audited = async (action: string) => (await fleet.audit(action)).length;

  await t.test('a copied machine: both run, and it is noticed', async (t) => {
    await fleet.enroll('web-1');
    t.equal((await run('web-1')).code, 0);
    await fleet.copyMachine('web-1', 'copy');
    t.equal((await run('copy')).code, 0, 'nothing tells the first of the two from the machine itself');
    await fleet.setSecret(KEY, 'second');
    const machine = await run('web-1');
    t.equal(machine.code, 1);
    t.match(machine.stdout, /^unchanged +shop\/plain .*\nfailed +shop\/settings /, 'it goes on with what it has');
    t.match(machine.stderr, /two machines may be this envoy/);
    t.equal(readFileSync(file, 'utf8'), 'first');
    t.equal(await statusOf('web-1'), 'quarantined, forked');
    t.match(
      await shown('web-1'),
      /fork .* came from 127\.0\.0\.1 with the state of .*\n.*no other state was seen since/,
    );

    const copy = await run('copy');
    t.equal(copy.code, 1);
    t.match(copy.stderr, /two machines may be this envoy/, 'nor does the copy get any more');
    t.equal(await statusOf('web-1'), 'quarantined, cloned');
    t.match(await shown('web-1'), /another state was here as well, .* two machines are this envoy/);
    t.match(await fleet.audit('envoy.forked'), [
      { outcome: 'done', detail: { quarantined: true, host_name: 'web-1' } },
    ]);
    t.equal(await audited('envoy.cloned'), 1);
    const refused = (await fleet.audit('request.rejected')).filter((entry) => JSON.stringify(entry).includes('clone'));
    t.match(refused[0], { detail: { reason: 'clone', method: 'ResolveSecrets' }, outcome: 'denied' });
  });

  await t.test('it stays so over a restart, until an operator releases it', async (t) => {
    await fleet.server.end();
    await fleet.startServer();
    t.equal((await run('web-1')).code, 1);
    const release = await fleet.vigocli('envoys', 'release', 'web-1');
    t.match(release.stderr, /gets its secrets again/);
    t.match(await fleet.audit('envoy.released'), [{ actor: 'local-admin', detail: { was_forked: true } }]);
    t.equal((await run('web-1')).code, 0, 'from the next request on');
    t.equal(readFileSync(file, 'utf8'), 'second');
    t.equal(await statusOf('web-1'), 'active');
    t.equal((await run('copy')).code, 1, 'the copy is noticed again');
    t.equal(await statusOf('web-1'), 'quarantined, forked');
    t.equal((await run('web-1')).code, 1);
    await fleet.vigocli('envoys', 'revoke', 'web-1');
    for (const host of ['web-1', 'copy']) t.match((await run(host)).stderr, /revoked/, 'or revokes it: both are out');
  });

  await t.test('two agents that stay notice nothing of each other, and the server does', async (t) => {
    await fleet.enroll('web-2');
    t.equal((await run('web-2')).code, 0);
    await fleet.copyMachine('web-2', 'copy-2');
    // By their interval: of two that are one envoy, only the one that opened its stream last is woken.
    const agents = ['web-2', 'copy-2'].map((host) => fleet.startAgent(host, '--interval', '1s'));
    await Promise.all(agents.map((agent) => agent.says(/run ended/)));
    await fleet.setSecret(KEY, 'third');
    await Promise.any(agents.map((agent) => agent.says(/two machines may be this envoy/)));
    await fleet.setSecret(KEY, 'fourth');
    await Promise.all(agents.map((agent) => agent.says(/two machines may be this envoy/)));
    for (const agent of agents) t.equal(await agent.end(), 0, agent.said);
    t.match(await statusOf('web-2'), /^quarantined/);
    t.notMatch(readFileSync(file, 'utf8'), 'fourth');
  });

  await t.test('a machine that was put back to a snapshot', async (t) => {
    await fleet.enroll('web-3');
    t.equal((await run('web-3')).code, 0);
    await fleet.copyMachine('web-3', 'snapshot');
    for (let i = 0; i < 2; i++) t.equal((await run('web-3')).code, 0);
    await fleet.restoreMachine('web-3', 'snapshot');
    for (let i = 0; i < 2; i++) t.equal((await run('web-3')).code, 1);
    t.equal(await statusOf('web-3'), 'quarantined, forked', 'and no clone, because the newer state is gone');
    t.match(await shown('web-3'), /a machine that was put back to a snapshot looks like this/);
    await fleet.vigocli('envoys', 'release', 'web-3');
    for (let i = 0; i < 2; i++) t.equal((await run('web-3')).code, 0, 'it goes on from where it was put back to');
    t.equal(await statusOf('web-3'), 'active');
  });

  await t.test('who copied the keys alone', async (t) => {
    await fleet.enroll('web-4');
    t.equal((await run('web-4')).code, 0);
    await fleet.copyMachine('web-4', 'thief');
    rmSync(join(fleet.root, 'thief', 'state'), { recursive: true });
    t.equal((await run('thief')).code, 1);
    t.equal(await statusOf('web-4'), 'quarantined, forked');
  });

  await t.test('an operator takes the secrets away, and gives them back', async (t) => {
    await fleet.enroll('web-5');
    t.equal((await run('web-5')).code, 0);
    t.match((await fleet.vigocli('envoys', 'quarantine', 'web-5')).stderr, /gets no secrets from now on/);
    t.match((await fleet.vigocli('envoys', 'quarantine', 'web-5')).stderr, /was in quarantine already/);
    const apart = await run('web-5');
    t.equal(apart.code, 1);
    t.match(apart.stdout, /^unchanged +shop\/plain /);
    t.match(apart.stderr, /put this envoy into quarantine/);
    t.equal(await statusOf('web-5'), 'quarantined');
    t.match(await fleet.audit('envoy.quarantined'), [{ actor: 'local-admin', detail: { host_name: 'web-5' } }]);
    await fleet.vigocli('envoys', 'release', 'web-5');
    t.equal((await run('web-5')).code, 0);
    t.match((await fleet.vigocli('envoys', 'release', 'web-5')).stderr, /was not held back/);
    t.equal((await fleet.audit('envoy.released')).length, 3, 'which is no event');
  });
  await fleet.vigocli('audit', 'verify');
});
