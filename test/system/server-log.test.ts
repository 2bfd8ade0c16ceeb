import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { startFleet } from './start-fleet.js';

const CANARY = 'canary-7f3a-Zq';

interface Line {
  readonly level: string;
  readonly time: string;
  readonly event: string;
  readonly msg: string;
  readonly subject?: string;
  readonly detail?: Readonly<Record<string, unknown>>;
}

function linesOf(said: string): Line[] {
  return said
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

t.test('the log tells what happens, for people and programs, and no value', async (t) => {
  const fleet = await startFleet(t);
  const { server } = fleet;
  await fleet.setSecret('shop/password', CANARY);
  const stacks = (command: string) => ({
    'envoys.vgo': 'envoys:\n  - { match: "*", configcrates: [shop] }\n',
    'shop.vgo': `configcrate: shop
resources:
  - { name: use, type: exec, command: "${command}", stdin: "secret:shop/password" }
`,
  });
  await fleet.publish(stacks('true'));
  await fleet.publish(stacks('cat; exit 3'));
  await fleet.enroll('web-1');
  t.equal((await fleet.vigo('web-1', 'run', '--once')).code, 1);
  for (const verb of ['quarantine', 'release']) await fleet.vigocli('envoys', verb, 'web-1');
  await fleet.vigocli('config', 'rollback');
  await fleet.vigocli('envoys', 'revoke', 'web-1');
  await fleet.setSecret('shop/password', `${CANARY} once more`);
  await server.says(/"secret\.changed".*@2/);
  await fleet.run('vigo', ['run', '--once', ...fleet.agentArgs('web-1')]);
  await server.says(/"request\.rejected"/);

  const lines = linesOf(server.said);
  for (const line of lines) {
    t.match(line.time, /^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/);
    t.match(line.level, /^(info|warn|error)$/);
    t.type(line.event, 'string', JSON.stringify(line));
    t.type(line.msg, 'string');
  }
  const events = lines.map(({ event }) => event);
  for (const event of [
    'server.ready',
    'secret.changed',
    'config.published',
    'token.created',
    'envoy.enrolled',
    'run.failed',
    'envoy.quarantined',
    'envoy.released',
    'config.rolled_back',
    'envoy.revoked',
  ]) {
    t.ok(events.includes(event), event);
  }
  t.notOk(events.includes('secret.epoch_resolved'), 'what each envoy does all the time is left out');
  t.match(
    lines.find(({ event }) => event === 'run.failed'),
    { level: 'warn', detail: { host_name: 'web-1', failed: 1, failed_resources: ['shop/use'], aborted: false } },
  );
  t.match(
    lines.find(({ event }) => event === 'envoy.enrolled'),
    { level: 'info', detail: { host_name: 'web-1' } },
  );
  t.notMatch(server.said, CANARY);
});

t.test('SIGHUP ends neither program, and the server reads its settings again', async (t) => {
  const fleet = await startFleet(t);
  // On the ports that its settings name since it started.
  await fleet.server.end();
  const server = await fleet.startServer();
  const file = join(fleet.home, 'server.yaml');
  const before = readFileSync(file, 'utf8');
  const reload = async (text: string, said: RegExp) => {
    const from = server.said.length;
    writeFileSync(file, text);
    server.child.kill('SIGHUP');
    const [line = ''] = await server.says(said, from);
    return linesOf(line);
  };

  const [applied] = await reload(
    `${before.replace('{ ', '{ log_level: debug, ')}envoys: { on_fork: audit }\ncheckin: { interval: 2m }\n`,
    /^.*"settings\.reloaded".*$/m,
  );
  t.same(applied?.detail, {
    applied: ['server.log_level', 'checkin.interval', 'envoys.on_fork'],
    needs_restart: [],
  });
  const [restart] = await reload(
    before.replace('{ ', '{ log_level: debug, ').concat('database: { dsn: /elsewhere/vigo.db }\n'),
    /^.*"settings\.restart_needed".*$/m,
  );
  t.match(restart, { level: 'warn', detail: { needs_restart: ['database.dsn'] } });
  const [rejected] = await reload('server: {}\nbogus: 1\n', /^.*"settings\.rejected".*$/m);
  t.match(rejected, { level: 'error', reason: /server\.yaml:2:1/ });
  t.equal(server.child.exitCode, null);
  writeFileSync(file, before);
  t.equal((await fleet.audit('settings.reloaded')).length, 2);

  await fleet.publish({
    'envoys.vgo': 'envoys:\n  - { match: "*", configcrates: [shop] }\n',
    'shop.vgo': 'configcrate: shop\nresources:\n  - { name: "on", type: exec, command: "true" }\n',
  });
  await fleet.enroll('web-1');
  const agent = fleet.startAgent('web-1');
  await agent.says(/run ended/);
  await server.says(/"run\.succeeded"/);
  agent.child.kill('SIGHUP');
  const from = agent.said.length;
  await fleet.vigocli('envoys', 'rename', 'web-1', 'web-2');
  await agent.says(/run ended/, from);
  t.equal(await agent.end(), 0);
  t.equal(await server.end(), 0);
  t.notOk(existsSync(join(fleet.home, 'run', 'api.json')), 'the announcement ends with the server');
});
