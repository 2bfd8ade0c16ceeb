import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { startFleet } from './start-fleet.js';

const DIST = fileURLToPath(new URL('../../dist', import.meta.url));
const STOP = fileURLToPath(new URL('./stop-at-change.mjs', import.meta.url));
const HOST = 'web-1';
/** Of the changes each such one: fewer than it takes to write the policy. */
const STRIDE = 4;

t.test('an agent that is killed while it follows a new policy key goes on with what it holds', async (t) => {
  const fleet = await startFleet(t);
  const target = join(fleet.root, 'target');
  mkdirSync(target);
  await fleet.publish({
    'envoys.vgo': 'envoys:\n  - { match: "*", configcrates: [plain] }\n',
    'plain.vgo': `configcrate: plain\nresources:\n  - { name: it, type: file, path: ${target}/it, content: held }\n`,
  });
  await fleet.enroll(HOST);
  t.equal((await fleet.vigo(HOST, 'run', '--once')).code, 0);
  await fleet.copyMachine(HOST, 'before');
  const from = fleet.server.said.length;
  await fleet.vigocli('pki', 'rotate-keys');
  await fleet.server.says(/"pki\.keys_loaded"/, from);

  const log = join(fleet.root, 'changes');
  const runStopped = async (at: number) => {
    const args = ['--import', STOP, join(DIST, 'vigo.mjs'), 'run', '--once', ...fleet.agentArgs(HOST)];
    const env = { PATH: process.env.PATH, VIGO_STOP: `${at} SIGKILL ${log}` };
    const [code, signal] = await once(spawn(process.execPath, args, { env, stdio: 'ignore' }), 'close');
    return signal ?? code;
  };
  t.equal(await runStopped(0), 0);
  const changes = readFileSync(log, 'utf8').split('\n').length;
  t.ok(changes > 10, `${changes} changes`);
  const policyOf = (host: string) => readFileSync(join(fleet.root, host, 'state', 'policy'));
  const inBetween: number[] = [];
  for (let at = 1; at <= changes; at += STRIDE) {
    await fleet.restoreMachine(HOST, 'before');
    if ((await runStopped(at)) === 0) break; // not each run makes as many changes
    const path = join(fleet.configDir(HOST), 'identity.json');
    const identity = JSON.parse(readFileSync(path, 'utf8'));
    if (identity.trust_number === 1 && policyOf(HOST).equals(policyOf('before'))) inBetween.push(at);
    // The same machine with its server away, and then with the server back.
    await fleet.copyMachine(HOST, 'stopped');
    writeFileSync(path, JSON.stringify({ ...identity, server_address: 'localhost:1', https_address: 'localhost:1' }), {
      mode: 0o600,
    });
    rmSync(join(target, 'it'), { force: true });
    const alone = await fleet.vigo(HOST, 'run', '--once');
    t.notMatch(alone.stderr, /is not a policy/, `change ${at}`);
    t.ok(existsSync(join(target, 'it')), `change ${at}: ${alone.stderr}`);
    await fleet.restoreMachine(HOST, 'stopped');
    t.equal((await fleet.vigo(HOST, 'run', '--once')).code, 0, `change ${at}`);
    rmSync(join(fleet.root, 'stopped'), { recursive: true });
  }
  t.not(inBetween.length, 0, 'one of them followed, and accepted nothing yet');
});
