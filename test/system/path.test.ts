import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { whenChanged } from './file-events.js';
import { startFleet } from './start-fleet.js';

const KEY = 'shop/db/password';
const NOT_TEXT = Buffer.from([0xff, 0x00, 0xfe, 0x0a, 0x80]);

t.test('from a terminal to a file on an enrolled machine', async (t) => {
  const fleet = await startFleet(t);
  const target = join(fleet.root, 'web-1');
  mkdirSync(target);
  const settings = join(target, 'shop.ini');
  const keystore = join(target, 'keystore');
  const read = () => readFileSync(settings, 'utf8');

  await fleet.setSecret(KEY, 'correct horse "battery" staple\\');
  await fleet.setSecret('shop/keystore', NOT_TEXT);
  await fleet.publish({
    'envoys.vgo': 'envoys:\n  - { match: "web-*", configcrates: [shop], vars: { port: 9090 } }\n',
    'shop.vgo': `
configcrate: shop
vars: { password: "secret:${KEY}", port: 8080 }
resources:
  - { name: keystore, type: file, path: ${keystore}, content: "secret:shop/keystore" }
  - name: settings
    type: file
    path: ${settings}
    content: |
      port={{ vars.port }}
      password={{ vars.password }} and again secret:${KEY}.
`,
  });
  await fleet.enroll('web-1');

  await t.test('the first run writes it', async (t) => {
    const run = await fleet.vigo('web-1', 'run', '--once');
    t.equal(run.code, 0, run.stderr);
    t.match(run.stdout, /^changed +shop\/keystore .*\nchanged +shop\/settings /);
    const value = 'correct horse "battery" staple\\';
    t.equal(read(), `port=9090\npassword=${value} and again ${value}.\n`);
    t.same(readFileSync(keystore), NOT_TEXT, 'byte for byte, also where it is no text');
    for (const path of [settings, keystore]) t.equal(statSync(path).mode & 0o7777, 0o600, path);
  });

  await t.test('the second changes nothing', async (t) => {
    const before = statSync(settings);
    const run = await fleet.vigo('web-1', 'run', '--once');
    t.equal(run.code, 0, run.stderr);
    t.match(run.stdout, /^unchanged +shop\/keystore .*\nunchanged +shop\/settings /);
    const { ino, ctimeMs } = statSync(settings);
    t.same({ ino, ctimeMs }, { ino: before.ino, ctimeMs: before.ctimeMs });
  });

  await t.test('a dry run says what it would do, and does nothing', async (t) => {
    await fleet.setSecret(KEY, 'not yet');
    const run = await fleet.vigo('web-1', 'run', '--once', '--dry-run');
    t.equal(run.code, 0, run.stderr);
    t.match(run.stdout, /would change +shop\/settings .*content differs/);
    t.match(read(), /correct horse/);
  });

  await t.test("the running agent's file follows the secret, and the config", async (t) => {
    const agent = fleet.startAgent('web-1');
    await whenChanged(target, 'the value that was set while no agent ran', () => read().includes('not yet'));

    await fleet.setSecret(KEY, 'purple monkey dishwasher');
    await whenChanged(target, 'the changed value', () => read().includes('purple monkey dishwasher'));
    t.equal(read(), 'port=9090\npassword=purple monkey dishwasher and again purple monkey dishwasher.\n');
    t.equal(statSync(settings).mode & 0o7777, 0o600);

    await fleet.publish({
      'envoys.vgo': 'envoys:\n  - { match: "web-*", configcrates: [shop], vars: { port: 7070 } }\n',
    });
    await whenChanged(target, 'the changed var', () => read().startsWith('port=7070\n'));
    await fleet.vigocli('config', 'rollback');
    await whenChanged(target, 'the var before', () => read().startsWith('port=9090\n'));
    t.equal(await agent.end(), 0, agent.said);
  });

  await t.test('all of it stands in the log, and no value does', async (t) => {
    const [changed] = (await fleet.audit('secret.changed')).slice(-1);
    t.match(changed, { actor: 'vigosrv', detail: { changes: { names: [`${KEY}@3`] } } });
    const resolved = await fleet.audit('secret.epoch_resolved');
    t.match(resolved[0], { actor: 'web-1', detail: { refs: { names: [`${KEY}@1`, 'shop/keystore@1'] } } });
    t.match(resolved.at(-1), { detail: { sent: 0 } }, 'what the agent holds already is not sent again');
    t.match(await fleet.audit('envoy.enrolled'), [{ detail: { host_name: 'web-1', repeated: false } }]);
    t.equal((await fleet.audit('config.published')).length, 2);
    t.equal((await fleet.audit('config.rolled_back')).length, 1);
    const { stdout } = await fleet.vigocli('audit', 'list', '--limit', '1000', '--json');
    t.notMatch(stdout, /correct horse|purple monkey|not yet/);

    const { runs } = JSON.parse((await fleet.vigocli('envoys', 'show', 'web-1', '--json')).stdout);
    const [newest] = runs;
    t.match(newest.results, [
      { resource: 'keystore', outcome: 'unchanged' },
      { resource: 'settings', outcome: 'changed' },
    ]);
  });
});
