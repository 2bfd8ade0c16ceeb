import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { Programs } from '../../demo/programs.js';
import { earlierHome, earlierPrograms } from './earlier-version.js';
import type { ThrowAwayFleet } from './fleet.js';
import { DIST, startFleet } from './start-fleet.js';

const HOST = 'web-1';

/** A host with a file that holds a secret, and a command that runs again when the secret changes. */
async function declare(fleet: ThrowAwayFleet): Promise<{ file: string; runs: () => number }> {
  const file = join(fleet.root, 'shop.ini');
  const log = join(fleet.root, 'restarts');
  await fleet.setSecret('shop/password', 'first');
  await fleet.publish({
    'envoys.vgo': 'envoys:\n  - { match: "*", configcrates: [shop] }\n',
    'shop.vgo': `
configcrate: shop
resources:
  - { name: settings, type: file, path: ${file}, content: "secret:shop/password" }
  - { name: restart, type: exec, command: "echo >> ${log}", watch_secret: [shop/password] }
`,
  });
  return { file, runs: () => readFileSync(log, 'utf8').length };
}

/** Runs the agent once. It must converge, and its report must arrive. */
async function converge(t: Test, fleet: ThrowAwayFleet, expected: 'changed' | 'unchanged'): Promise<void> {
  const run = await fleet.vigo(HOST, 'run', '--once');
  t.equal(run.code, 0, run.stderr);
  const { id } = JSON.parse((await fleet.vigocli('envoys', 'list', '--json')).stdout)[0];
  const reports = fleet.inDatabase((database) =>
    database.prepare('SELECT report FROM runs WHERE envoy_id = ? ORDER BY started_at').pluck().all(id),
  ) as string[];
  const { results } = JSON.parse(reports.at(-1) ?? '{}');
  t.same(
    results.map(({ outcome }: { outcome: string }) => outcome),
    [expected, expected],
    'and the report has arrived',
  );
}

t.test('an agent of the version before works with this server, is updated, and goes back', async (t) => {
  const earlier = earlierPrograms(t);
  const fleet = await startFleet(t, {}, { server: DIST, agent: earlier });
  const { file, runs } = await declare(fleet);
  await fleet.enroll(HOST);
  await converge(t, fleet, 'changed');
  t.equal(readFileSync(file, 'utf8'), 'first');

  fleet.install({ agent: DIST });
  await converge(t, fleet, 'unchanged');
  await fleet.setSecret('shop/password', 'second');
  await converge(t, fleet, 'changed');
  t.equal(readFileSync(file, 'utf8'), 'second');

  fleet.install({ agent: earlier });
  await converge(t, fleet, 'unchanged');
  t.equal(runs(), 2, 'no update of an agent runs a command again');
  const [entry] = await fleet.audit('envoy.downgraded');
  t.match(entry, { detail: { from: { protocol: 2 }, to: { protocol: 1 } } });
  t.match(
    (await fleet.vigocli('envoys', 'list')).stderr,
    /1 envoy with an agent of an earlier protocol: web-1 0\.1\.0/,
  );
});

t.test('an agent of this version works with a server of the version before, which is then updated', async (t) => {
  const earlier = earlierPrograms(t);
  const fleet = await startFleet(t, {}, { server: earlier, agent: DIST });
  const { file, runs } = await declare(fleet);
  await fleet.enroll(HOST);
  await converge(t, fleet, 'changed');
  await fleet.setSecret('shop/password', 'second');
  await converge(t, fleet, 'changed');

  await fleet.server.end();
  fleet.install({ server: DIST });
  await fleet.startServer();
  await converge(t, fleet, 'unchanged');
  fleet.install({ agent: earlier });
  await converge(t, fleet, 'unchanged');
  t.equal(readFileSync(file, 'utf8'), 'second');
  t.equal(runs(), 2, 'no update of a server runs a command again');

  await fleet.server.end();
  fleet.install({ server: earlier });
  const back = await fleet.run('vigosrv', []);
  t.not(back.code, 0, 'the earlier server refuses the newer database');
  t.match(back.stderr, /schema/);
  fleet.install({ server: DIST });
  await fleet.startServer();
  await converge(t, fleet, 'unchanged');
});

t.test('a home, a backup and an agent that the version before made', async (t) => {
  const { home, agent, backup, passphrase } = earlierHome(t);
  const folders = ['--config-dir', join(agent, 'config'), '--state-dir', join(agent, 'state')];
  const status = await new Programs(DIST, {}).run('vigo', ['status', ...folders, '--json']);
  t.match(
    JSON.parse(status.stdout),
    { host_name: 'web-1', policy_version: 1796111046249 },
    'and the state of an agent',
  );
  const cli = (VIGO_HOME: string) => {
    const programs = new Programs(DIST, { VIGO_HOME });
    return async (...args: string[]) => {
      const { code, stdout, stderr } = await programs.run('vigocli', args);
      t.equal(code, 0, `vigocli ${args.join(' ')}: ${stderr}`);
      return stdout;
    };
  };
  const copy = join(t.testdirName, 'restored');
  await cli(home)('backup', 'verify', backup, '--passphrase-file', passphrase);
  await cli(copy)('restore', backup, '--passphrase-file', passphrase);
  for (const place of [home, copy]) {
    const vigocli = cli(place);
    await vigocli('audit', 'verify');
    const checks = ['master key', 'vault files', 'refs', 'settings'].flatMap((name) => ['--only', name]);
    t.match(await vigocli('doctor', ...checks), /keys\/watch is missing\n.*the next start of vigosrv makes it/);
    await vigocli('secrets', 'unlock', '--passphrase-file', passphrase);
    t.equal(await vigocli('secrets', 'reveal', 'shop/password'), 'second');
    t.equal(await vigocli('secrets', 'reveal', 'shop/password', '--version', '1'), 'first');
    const entries = (await vigocli('audit', 'list', '--action', 'secret.set', '--json')).trim().split('\n');
    t.equal(entries.filter((line) => JSON.parse(line).outcome === 'done').length, 3, 'and its log is read');
    await vigocli('secrets', 'rekey');
    await vigocli('audit', 'verify');
  }
});
