import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { startFleet } from './start-fleet.js';

const KEY = 'app/pw';
const VALUE = 'canary-2f6e91c4';
const HOST = 'web-1';
const HIDDEN = /the command exited with 1 \(\d+ bytes of output aren't shown, because the secrets/;

/** A host with a file that holds a secret, and a command that quotes it when it fails. */
async function setUp(t: Test) {
  const fleet = await startFleet(t);
  const conf = join(fleet.root, 'conf');
  await fleet.setSecret(KEY, VALUE);
  await fleet.publish({
    'envoys.vgo': 'envoys:\n  - { match: "*", configcrates: [app] }\n',
    'app.vgo': `
configcrate: app
resources:
  - { name: conf, type: file, path: ${conf}, content: "secret:${KEY}" }
  - { name: check, type: exec, command: 'echo "parse error: $(head -1 ${conf})"; exit 1' }
`,
  });
  await fleet.enroll(HOST);
  const runOnce = async () => (await fleet.vigo(HOST, 'run', '--once')).stdout;
  const shown = async () => (await fleet.vigocli('envoys', 'show', HOST, '--json')).stdout;
  return { fleet, conf, runOnce, shown };
}

t.test('a command that quotes a secret which the agent does not hold is quoted nowhere', async (t) => {
  const { fleet, conf, runOnce, shown } = await setUp(t);
  t.match(await runOnce(), 'parse error: [secret]');
  t.equal(readFileSync(conf, 'utf8'), VALUE);
  await fleet.vigocli('envoys', 'quarantine', HOST);

  t.match(await runOnce(), HIDDEN, 'in quarantine');
  t.match(await shown(), HIDDEN, 'and it is reported so');

  await fleet.server.end();
  const agent = fleet.startAgent(HOST, '--interval', '1s');
  await agent.says(HIDDEN);
  await fleet.startServer();
  await fleet.vigocli('envoys', 'release', HOST);
  await agent.says(/parse error: \[secret\]/);
  await agent.end();
  t.match(await shown(), 'parse error: [secret]', 'after its release');

  t.ok(readFileSync(conf, 'utf8') === VALUE, 'the file holds it all the time');
  for (const printed of fleet.printed) t.notMatch(printed, VALUE);
  const folders = [join(fleet.home, 'db'), join(fleet.root, HOST, 'state')];
  for (const path of folders.flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)))) {
    t.notOk(readFileSync(path).includes(VALUE), path);
  }
});
