import { mkdirSync, readdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { ownEnvoy, plainCheckIn } from '../../demo/attacker.js';
import { decodeCheckInAnswer, encodeSignedRequest } from '../../lib/wire/index.js';
import { atChange } from './file-events.js';
import type { ThrowAwayFleet } from './fleet.js';
import { startFleet } from './start-fleet.js';

const KEY = 'shop/password';
/** Large, so that there is time to die in the middle of it. */
const LARGE = 'abcdefghijklmnop'.repeat(8192);

t.test('what ends in the middle', async (t) => {
  const fleet = await startFleet(t);
  const target = join(fleet.root, 'target');
  mkdirSync(target);
  const file = join(target, 'shop.ini');
  const read = () => readFileSync(file, 'utf8');
  const stacks = (mark: number) => ({
    'envoys.vgo': `envoys:\n  - { match: "*", configcrates: [shop], vars: { mark: ${mark} } }\n`,
    'shop.vgo': `
configcrate: shop
vars: { mark: 0 }
resources:
  - { name: settings, type: file, path: ${file}, content: "secret:${KEY}" }
`,
  });
  await fleet.setSecret(KEY, 'first');
  await fleet.publish(stacks(0));
  await fleet.enroll('web-1');

  await t.test('the server is killed while it publishes', async (t) => {
    let wasInterrupted = false;
    for (let nth = 1; nth <= 6; nth++) {
      const before = readlinkSync(join(fleet.home, '.live'));
      const rulesBefore = readFileSync(join(fleet.home, before, 'envoys.vgo'), 'utf8');
      await fleet.writeStacks(stacks(nth));
      const folders = [fleet.home, join(fleet.home, 'published'), join(fleet.home, 'db')];
      const trap = atChange(folders, nth, () => fleet.server.child.kill('SIGKILL'));
      const { code } = await fleet.run('vigocli', ['config', 'publish']);
      trap.stop();
      await fleet.server.end('SIGKILL');
      await fleet.startServer();

      const after = readlinkSync(join(fleet.home, '.live'));
      if (code === 0) t.not(after, before, 'what was answered is done');
      else wasInterrupted = true;
      const [newest] = JSON.parse((await fleet.vigocli('config', 'history', '--json')).stdout);
      t.equal(after, `published/${newest.digest}`, `the link is what the database says, killed at change ${nth}`);
      const rules = readFileSync(join(fleet.home, after, 'envoys.vgo'), 'utf8');
      t.equal(rules, after === before ? rulesBefore : stacks(nth)['envoys.vgo'], 'which is the old one or the new one');
      t.match(rules, `mark: ${await servedMark(fleet)} `, 'and what envoys get');
    }
    t.ok(wasInterrupted, 'at least once it died before it could answer');
    await fleet.vigocli('audit', 'verify');
  });

  await t.test('the server is killed while it enrolls', async (t) => {
    for (let nth = 1; nth <= 3; nth++) {
      const host = `late-${nth}`;
      const token = await fleet.makeToken(host);
      const trap = atChange([join(fleet.home, 'db')], nth, () => fleet.server.child.kill('SIGKILL'));
      const { code } = await fleet.tryEnroll(host, token);
      trap.stop();
      await fleet.server.end('SIGKILL');
      await fleet.startServer();
      if (code !== 0) {
        const again = await fleet.tryEnroll(host, token);
        t.equal(again.code, 0, `the same token, killed at change ${nth}: ${again.stderr}`);
      }
      const envoys = JSON.parse((await fleet.vigocli('envoys', 'list', '--json')).stdout);
      const named = envoys.filter(({ host_name }: { host_name: string }) => host_name === host);
      t.equal(named.length, 1, 'one envoy');
      const run = await fleet.vigo(host, 'run', '--once', '--dry-run');
      t.equal(run.code, 0, run.stderr);
    }
    await fleet.vigocli('audit', 'verify');
  });

  await t.test('the agent is killed while it writes', async (t) => {
    await fleet.setSecret(KEY, LARGE);
    const old = LARGE.toUpperCase();
    let wasInterrupted = false;
    for (let nth = 1; nth <= 6; nth++) {
      writeFileSync(file, old, { mode: 0o600 });
      const trap = atChange([target], nth, () => agent.child.kill('SIGKILL'));
      const agent = fleet.reside('vigo', ['run', ...fleet.agentArgs('web-1'), '--once']);
      await agent.ended();
      trap.stop();
      if (agent.child.signalCode !== null) wasInterrupted = true;
      const now = read();
      t.ok(now === old || now === LARGE, `the old content or the new one, killed at change ${nth}`);
      t.equal(statSync(file).mode & 0o7777, 0o600);
    }
    t.ok(wasInterrupted, 'at least once it was killed');
    t.equal((await fleet.vigo('web-1', 'run', '--once')).code, 0, 'the next run takes no harm');
    t.equal(read(), LARGE);
    t.same(readdirSync(target), ['shop.ini'], 'and clears away what the others left of the secret');
  });
});

/** The var that an envoy is given. */
async function servedMark(fleet: ThrowAwayFleet): Promise<number> {
  const envoy = await ownEnvoy(fleet.configDir('web-1'));
  try {
    const answer = await envoy.call('CheckIn', encodeSignedRequest(envoy.sign('CheckIn', plainCheckIn(envoy))));
    const body = Buffer.from(decodeCheckInAnswer(answer).bundle?.body ?? []).toString('utf8');
    return JSON.parse(body).configcrates[0].vars.mark;
  } finally {
    envoy.close();
  }
}
