import { rmSync } from 'node:fs';
import t from 'tap';
import { startShop } from './start-fleet.js';

t.test('the server goes away, and the running agent goes on', async (t) => {
  const { fleet, file, whenIs } = await startShop(t);
  await fleet.enroll('web-1');
  const agent = fleet.startAgent('web-1', '--interval', '1s');
  await whenIs('first');

  t.equal(await fleet.server.end(), 0, 'the server ends cleanly with an agent connected');
  await agent.says(/warn check-in failed: /);
  rmSync(file);
  await whenIs('first'); // with no server there

  await fleet.setSecret('shop/password', 'second');
  await fleet.startServer();
  await whenIs('second');
  t.equal(await agent.end(), 0, agent.said);

  const reports = fleet.inDatabase((db) => db.prepare('SELECT report FROM runs ORDER BY started_at').pluck().all());
  const messages = reports.flatMap((report) => JSON.parse(String(report)).results).map(({ message }) => message);
  t.equal(messages.filter((message) => message === 'creates it').length, 2, 'what it did alone was reported later');
  t.equal(messages.at(-1), 'content differs');
});
