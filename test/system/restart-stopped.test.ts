import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { startFleet } from './start-fleet.js';

const DIST = fileURLToPath(new URL('../../dist', import.meta.url));
const STOP = fileURLToPath(new URL('./stop-at-change.mjs', import.meta.url));
const HOST = 'web-1';
/** Of the changes each such one: fewer than it takes to write a file. */
const STRIDE = 5;

t.setTimeout(600_000);

t.test('an agent that is killed at any step restarts a service twice at most, and never not at all', async (t) => {
  const fleet = await startFleet(t);
  const target = join(fleet.root, 'target');
  const [conf, runs, killer] = ['conf', 'runs', 'kill the agent'].map((name) => join(target, name)) as [
    string,
    string,
    string,
  ];
  mkdirSync(target);
  await fleet.setSecret('shop/password', 'first');
  await fleet.publish({
    'envoys.vgo': 'envoys:\n  - { match: "*", configcrates: [shop] }\n',
    'shop.vgo': `
configcrate: shop
resources:
  - { name: conf, type: file, path: ${conf}, content: "secret:shop/password" }
  - { name: restart, type: exec, watch_secret: shop/password,
      command: "cat ${conf} >> ${runs}; echo >> ${runs}; if test -e '${killer}'; then kill -9 $PPID; sleep 5; fi" }
`,
  });
  await fleet.enroll(HOST);
  t.equal((await fleet.vigo(HOST, 'run', '--once')).code, 0);
  // Not its generation: a machine that quotes an earlier one is taken for a clone.
  const state = join(fleet.root, HOST, 'state');
  const before = ['policy', 'watched'].map((name) => [name, readFileSync(join(state, name))] as const);
  await fleet.setSecret('shop/password', 'second');

  const log = join(fleet.root, 'changes');
  const runStopped = async (at: number) => {
    const args = ['--import', STOP, join(DIST, 'vigo.mjs'), 'run', '--once', ...fleet.agentArgs(HOST)];
    const env = { PATH: process.env.PATH, VIGO_STOP: `${at} SIGKILL ${log}` };
    const [code, signal] = await once(spawn(process.execPath, args, { env, stdio: 'ignore' }), 'close');
    return signal ?? code;
  };
  const asBefore = async () => {
    for (const [name, bytes] of before) writeFileSync(join(state, name), bytes, { mode: 0o600 });
    writeFileSync(conf, 'first', { mode: 0o600 });
    writeFileSync(runs, '');
  };
  const seen: string[] = [];
  const finish = async (what: string) => {
    const run = await fleet.vigo(HOST, 'run', '--once');
    t.equal(run.code, 0, `${what}: ${run.stderr}`);
    const restarts = readFileSync(runs, 'utf8');
    t.match(restarts, /^(second\n){1,2}$/, what);
    seen.push(restarts);
  };

  await asBefore();
  t.equal(await runStopped(0), 0);
  const changes = readFileSync(log, 'utf8').split('\n').length;
  t.ok(changes > 10, `${changes} changes`);
  for (let at = 2; at <= changes; at += STRIDE) {
    await asBefore();
    if ((await runStopped(at)) === 0) break; // not each run makes as many changes
    await finish(`change ${at}`);
  }

  await asBefore();
  writeFileSync(killer, '');
  t.equal(await runStopped(0), 'SIGKILL');
  rmSync(killer);
  await finish('while the command ran');
  t.equal(seen.at(-1), 'second\nsecond\n');
  t.ok(seen.includes('second\n'), 'and once where it was killed before');

  // The same after a folder stood in the way of the file.
  await asBefore();
  rmSync(conf);
  mkdirSync(conf);
  t.equal((await fleet.vigo(HOST, 'run', '--once')).code, 1);
  rmSync(conf, { recursive: true });
  await finish('a folder in the way of the file');
  t.notOk(existsSync(killer));
  cpSync(runs, join(target, 'runs of before'));
  t.equal((await fleet.vigo(HOST, 'run', '--once')).code, 0);
  t.equal(readFileSync(runs, 'utf8'), seen.at(-1), 'and not once more');
});
