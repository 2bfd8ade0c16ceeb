import { cpSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { startShop } from './start-fleet.js';

t.test('the policy key is replaced, again and again', async (t) => {
  const { fleet, whenIs } = await startShop(t);
  const identity = (host: string) => JSON.parse(readFileSync(join(fleet.configDir(host), 'identity.json'), 'utf8'));
  const rotate = async () => {
    const from = fleet.server.said.length;
    await fleet.vigocli('pki', 'rotate-keys');
    await fleet.server.says(/"pki\.keys_loaded"/, from);
  };
  const runOnce = (host: string) => fleet.vigo(host, 'run', '--once');
  for (const host of ['away', 'web-1']) await fleet.enroll(host);
  t.equal((await runOnce('away')).code, 0);
  const first = identity('away');
  t.equal(first.trust_number, 0);

  await t.test('an agent that runs follows at once', async (t) => {
    const agent = fleet.startAgent('web-1');
    await agent.says(/info run ended/);
    await rotate();
    await agent.says(/info followed the server's chain of trust to statement 1/);
    await fleet.setSecret('shop/password', 'second');
    await whenIs('second');
    t.equal(await agent.end(), 0, agent.said);
    t.match(identity('web-1'), { trust_number: 1, envoy_id: /./ });
    t.not(identity('web-1').policy_public_key, first.policy_public_key);
    t.match(await fleet.audit('pki.keys_rotated'), [{ outcome: 'intent' }, { outcome: 'done', detail: { number: 1 } }]);
    t.match(await fleet.audit('pki.keys_loaded'), [{ detail: { number: 1 } }]);
  });

  const backup = join(fleet.root, 'backup');
  for (const part of ['keys', 'tls']) cpSync(join(fleet.home, part), join(backup, part), { recursive: true });

  await t.test('one that was away follows over all hops', async (t) => {
    await rotate();
    await rotate();
    const run = await runOnce('away');
    t.equal(run.code, 0, run.stderr);
    t.match(run.stderr, /followed the server's chain of trust to statement 3/);
    t.match(identity('away'), { trust_number: 3, envoy_id: first.envoy_id });
    t.notMatch((await runOnce('away')).stderr, /followed/, 'once');
  });

  await t.test('who enrolls now begins at the end of the chain', async (t) => {
    await fleet.enroll('web-2');
    t.equal(identity('web-2').trust_number, 3);
    t.equal(identity('web-2').policy_public_key, identity('away').policy_public_key);
    t.equal((await runOnce('web-2')).code, 0);
  });

  await t.test('a server that starts again has the newest key', async (t) => {
    await fleet.server.end();
    await fleet.startServer();
    t.equal((await runOnce('away')).code, 0);
    t.same(existsSync(join(fleet.home, 'keys', 'policy-next')), false);
  });

  await t.test('keys that were replaced and come back are not followed', async (t) => {
    await fleet.server.end();
    for (const part of ['keys', 'tls']) {
      cpSync(join(fleet.home, part), join(fleet.root, 'newest', part), { recursive: true });
      rmSync(join(fleet.home, part), { recursive: true });
      cpSync(join(backup, part), join(fleet.home, part), { recursive: true });
    }
    await fleet.startServer();
    await fleet.vigocli('config', 'publish');
    await fleet.setSecret('shop/password', 'third');
    const before = identity('away');
    const run = await runOnce('away');
    t.not(run.code, 0);
    t.match(run.stderr, /warn the server's chain of trust ends before what this machine followed it to/);
    t.match(run.stderr, /error: .*secrets can't be resolved: the server's chain of trust ends before/);
    t.same(identity('away'), before);
    const { problems } = JSON.parse((await fleet.vigo('away', 'status', '--json')).stdout);
    t.match(problems[0], { task: 'check-in', reason: 'rollback', advice: /put its newest keys\/ and tls\/trust back/ });
    await fleet.server.end();
    for (const part of ['keys', 'tls']) {
      rmSync(join(fleet.home, part), { recursive: true });
      cpSync(join(fleet.root, 'newest', part), join(fleet.home, part), { recursive: true });
    }
    await fleet.startServer();
    t.equal((await runOnce('away')).code, 0, 'and the true one is followed as before');
  });

  await t.test('a server whose chain and key are of different backups does not start', async (t) => {
    await fleet.server.end();
    cpSync(join(backup, 'keys'), join(fleet.home, 'keys'), { recursive: true, force: true });
    const { code, stderr } = await fleet.run('vigosrv', []);
    t.not(code, 0);
    t.match(stderr, /error: .*tls\/trust ends with another policy key .*\nhint: restore keys\/ and tls\/trust/);
  });
});
