import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { whenChanged } from './file-events.js';
import { startFleet } from './start-fleet.js';

const KEY = 'shop/password';

t.test('the server goes away, and the running agent goes on', async (t) => {
  const fleet = await startFleet(t);
  const target = join(fleet.root, 'target');
  mkdirSync(target);
  const file = join(target, 'shop.ini');
  const follows = (what: string, content: string) => whenChanged(target, what, () => holds(file, content));
  await fleet.setSecret(KEY, 'first');
  await fleet.publish({
    'envoys.vgo': 'envoys:\n  - { match: "*", configcrates: [shop] }\n',
    'shop.vgo': `
configcrate: shop
resources:
  - { name: settings, type: file, path: ${file}, content: "secret:${KEY}" }
`,
  });
  await fleet.enroll('web-1');
  const agent = fleet.startAgent('web-1', '--interval', '1s');
  await follows('the file', 'first');

  t.equal(await fleet.server.end(), 0, 'the server ends cleanly with an agent connected');
  await agent.says(/warn check-in failed: /);
  rmSync(file);
  await follows('the file, with no server there', 'first');

  await fleet.setSecret(KEY, 'second');
  await fleet.startServer();
  await follows('what changed while the server was down', 'second');
  t.equal(await agent.end(), 0, agent.said);

  const reports = fleet.inDatabase((db) => db.prepare('SELECT report FROM runs ORDER BY started_at').pluck().all());
  const messages = reports.flatMap((report) => JSON.parse(String(report)).results).map(({ message }) => message);
  t.equal(messages.filter((message) => message === 'creates it').length, 2, 'what it did alone was reported later');
  t.equal(messages.at(-1), 'content differs');
});

function holds(path: string, content: string): boolean {
  try {
    return readFileSync(path, 'utf8') === content;
  } catch {
    return false;
  }
}
