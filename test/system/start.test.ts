import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { startFleet } from './start-fleet.js';

t.test('a server that lacks something says what, and does not start', async (t) => {
  const fleet = await startFleet(t);
  await fleet.setSecret('shop/password', 'a value');
  await fleet.publish({
    'envoys.vgo': 'envoys:\n  - { match: "*", configcrates: [shop] }\n',
    'shop.vgo': `configcrate: shop
resources:
  - name: settings
    type: file
    path: /etc/shop.ini
    content: secret:shop/password
`,
  });
  await fleet.server.end();

  const missing = {
    'the master key': 'secrets/.master.key',
    'the policy key': 'keys/policy',
    'the CA certificate': 'tls/ca',
    "the CA's key": 'tls/ca_key',
    'its certificate': 'tls/cert',
    'its key': 'tls/key',
    'the published config': 'published',
  };
  for (const [what, name] of Object.entries(missing)) {
    await t.test(what, async (t) => {
      const path = join(fleet.home, name);
      renameSync(path, `${path}.away`);
      const { code, stderr } = await fleet.run('vigosrv', []);
      renameSync(`${path}.away`, path);
      t.not(code, 0);
      t.match(stderr, /^error: /m);
      t.match(stderr, path);
      t.match(stderr, /^hint: /m);
      t.notMatch(stderr, /"ready"|^ {4}at /m);
    });
  }

  await t.test('a key of another certificate', async (t) => {
    const path = join(fleet.home, 'tls', 'key');
    const own = readFileSync(path);
    writeFileSync(path, readFileSync(join(fleet.home, 'tls', 'ca_key')));
    const { code, stderr } = await fleet.run('vigosrv', []);
    writeFileSync(path, own);
    t.not(code, 0);
    t.match(stderr, /^error: .*key/m);
  });

  await t.test('but a missing secret of the live config is only named in its log', async (t) => {
    await fleet.vigocli('secrets', 'delete', 'shop/password', '--force');
    const [line] = await (await fleet.startServer()).says(/^.*"config\.incomplete".*\n/m);
    t.match(line, 'shop/password');
    t.match(line, /shop\.vgo:6:\d+/);
    t.equal(await fleet.server.end(), 0);
    await fleet.setSecret('shop/password', 'another value');
  });

  await t.test('a second server of the same home', async (t) => {
    await fleet.startServer();
    const { code, stderr } = await fleet.run('vigosrv', []);
    t.not(code, 0);
    t.match(stderr, /^error: /m);
    t.equal((await fleet.vigocli('config', 'history')).code, 0, 'the first one is not disturbed');
  });
});
