import { createHmac, hkdfSync } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { encodeCanonical } from '../../lib/base/index.js';
import { readServerKey } from '../../lib/vault/index.js';
import { whenChanged } from './file-events.js';
import type { ThrowAwayFleet } from './fleet.js';
import { startFleet } from './start-fleet.js';

const CERTIFICATE = 'shop/tls/cert';
const FENCE = 'fence';

/** A host with a command that watches secrets which it isn't given, and a file whose secret shows how far it has come. */
async function setUp(t: Parameters<typeof startFleet>[0]) {
  const fleet = await startFleet(t);
  const target = join(fleet.root, 'target');
  mkdirSync(target);
  const runs = join(target, 'runs');
  const fence = join(target, 'fence');
  const count = () => (existsSync(runs) ? readFileSync(runs, 'utf8').length : 0);
  await fleet.setSecret(CERTIFICATE, 'a certificate');
  await fleet.setSecret(FENCE, '0');
  await fleet.publish({
    'envoys.vgo': 'envoys:\n  - { match: "*", configcrates: [shop] }\n',
    'shop.vgo': `
configcrate: shop
resources:
  - { name: reload, type: exec, command: "echo >> ${runs}", watch_secret: [${CERTIFICATE}, "shop/tls/key*"] }
  - { name: fence, type: file, path: ${fence}, content: "secret:${FENCE}" }
`,
  });
  await fleet.enroll('web-1');
  let fences = 0;
  return {
    fleet,
    count,
    hasRun: (times: number) => whenChanged(target, `run ${times}`, () => count() >= times),
    /** Resolves when the agent has converged to all that was done before. */
    async converged() {
      const value = String(++fences);
      await fleet.setSecret(FENCE, value);
      await whenChanged(target, `fence ${value}`, () => existsSync(fence) && readFileSync(fence, 'utf8') === value);
    },
  };
}

/** The mark of some versions, in hexadecimal, under the key that versions without a stored one derived at each start. */
async function markOfEarlierVersions(fleet: ThrowAwayFleet, versions: readonly [key: string, version: number][]) {
  const [secretsDir, keysDir] = ['secrets', 'keys'].map((name) => join(fleet.home, name)) as [string, string];
  const seed = await readServerKey({ secretsDir, keysDir }, 'policy');
  const key = hkdfSync('sha256', seed.expose(), '', encodeCanonical('vigo/watch-mark-key/v1'), 32);
  const data = encodeCanonical('vigo/watch-mark/v1', JSON.stringify(versions));
  return createHmac('sha256', Buffer.from(key)).update(data).digest('hex').slice(0, 32);
}

function startAgent(fleet: ThrowAwayFleet) {
  return fleet.startAgent('web-1', '--interval', '1s');
}

t.test('what watches a secret runs again when it changes, and for nothing else', async (t) => {
  const { fleet, count, hasRun, converged } = await setUp(t);
  let agent = startAgent(fleet);
  await hasRun(1);
  await converged();
  t.equal(count(), 1, 'once at first');

  const file = join(fleet.home, 'secrets', CERTIFICATE);
  utimesSync(file, 1, 1);
  await converged();
  t.equal(count(), 1, 'not for a file that was touched');

  await fleet.vigocli('secrets', 'rekey');
  await fleet.vigocli('secrets', 'unlock', '--passphrase-file', join(fleet.root, 'passphrase'));
  await converged();
  t.equal(count(), 1, 'not for another master key');

  await agent.end();
  agent = startAgent(fleet);
  await converged();
  t.equal(count(), 1, 'not because the agent was started again');

  await fleet.server.end();
  await fleet.startServer();
  await converged();
  t.equal(count(), 1, 'nor the server');

  await fleet.server.end();
  const mark = await markOfEarlierVersions(fleet, [[CERTIFICATE, 1]]);
  t.match(readFileSync(join(fleet.root, 'web-1/state/watched'), 'utf8'), `["shop","reload","${mark}"]`);
  rmSync(join(fleet.home, 'keys/watch')); // as earlier versions left it
  await fleet.startServer();
  await converged();
  t.equal(count(), 1, 'nor because the server is of another version');
  t.match(await fleet.audit('server.key_made'), [{ outcome: 'intent' }, { outcome: 'done', subject: 'watch' }]);

  const from = fleet.server.said.length;
  await fleet.vigocli('pki', 'rotate-keys');
  await fleet.server.says(/"pki\.keys_loaded"/, from);
  await converged();
  t.equal(count(), 1, 'not for another policy key');
  await fleet.server.end();
  await fleet.startServer();
  await converged();
  t.equal(count(), 1, 'nor for the start of the server after that');

  await fleet.setSecret(CERTIFICATE, 'the next certificate');
  await hasRun(2);
  await fleet.setSecret('shop/tls/key-1', 'a key that was not there before');
  await hasRun(3);
  await converged();
  t.equal(count(), 3, 'once for each change');

  await fleet.server.end();
  await fleet.setSecret(CERTIFICATE, 'a certificate of a server that was down');
  await fleet.vigocli('secrets', 'delete', 'shop/tls/key-1');
  await fleet.startServer();
  await hasRun(4);
  await converged();
  t.equal(count(), 4, 'once for all that changed while the server was down');

  await agent.end();
  await fleet.setSecret(CERTIFICATE, 'a certificate of an agent that was down');
  agent = startAgent(fleet);
  await hasRun(5);
  await converged();
  t.equal(count(), 5, 'once for what changed while the agent was down');
  t.equal(await agent.end(), 0, agent.said);
});

t.test(
  'a policy key that is replaced before the first start of this version leaves the marks as they were',
  async (t) => {
    const { fleet, count, hasRun, converged } = await setUp(t);
    const agent = startAgent(fleet);
    await hasRun(1);
    await fleet.server.end();
    rmSync(join(fleet.home, 'keys/watch')); // as earlier versions left it
    await fleet.vigocli('pki', 'rotate-keys');
    await fleet.startServer();
    await converged();
    t.equal(count(), 1);
    await agent.end();
  },
);

t.test('an agent that is killed between running and remembering runs it again', async (t) => {
  const { fleet, count, hasRun, converged } = await setUp(t);
  const state = join(fleet.root, 'web-1', 'state');
  let agent = startAgent(fleet);
  await hasRun(1);
  await converged();
  await agent.end('SIGKILL');
  renameSync(join(state, 'watched'), join(state, 'as if it was never written'));
  agent = startAgent(fleet);
  await hasRun(2);
  await converged();
  t.equal(count(), 2);
  await agent.end();
});
