import { rmSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { atChange } from './file-events.js';
import { intercept, redirect } from './interceptor.js';
import { startShop } from './start-fleet.js';

t.test('what looks like a clone and is none', async (t) => {
  const { fleet } = await startShop(t);
  const key = join(fleet.home, 'keys', 'generation');
  const run = (host: string) => fleet.vigo(host, 'run', '--once');
  const audited = async (action: string) => (await fleet.audit(action)).length;

  await t.test('a server from before there were generations makes its key', async (t) => {
    await fleet.server.end();
    rmSync(key);
    await fleet.startServer();
    t.match(await fleet.audit('server.key_made'), [{ outcome: 'intent' }, { outcome: 'done', subject: 'generation' }]);
  });

  await t.test('a lost answer is none of it', async (t) => {
    await fleet.enroll('web-1');
    const between = await intercept(t, fleet, 'web-1');
    t.equal((await run('web-1')).code, 0);
    for (let nth = 1; nth <= 3; nth++) {
      between.tamper = ({ method, answer }) => {
        if (method === 'CheckIn') throw new Error('lost');
        return answer;
      };
      t.not((await run('web-1')).code, 0, 'the answer never came');
      between.tamper = ({ answer }) => answer;
      t.equal((await run('web-1')).code, 0);
    }
    await redirect(fleet, 'web-1', fleet.grpcAddress);
    t.equal((await run('web-1')).code, 0);
    t.equal(await audited('envoy.forked'), 0);
  });

  await t.test('a crash before, while or after the generation is stored is none either', async (t) => {
    const state = join(fleet.root, 'web-1', 'state');
    let wasKilled = false;
    for (let nth = 1; nth <= 5; nth++) {
      const trap = atChange([state], nth, () => agent.child.kill('SIGKILL'));
      const agent = fleet.reside('vigo', ['run', ...fleet.agentArgs('web-1'), '--once']);
      await agent.ended();
      trap.stop();
      if (agent.child.signalCode !== null) wasKilled = true;
      t.equal((await run('web-1')).code, 0, `after it was killed at change ${nth}`);
    }
    t.ok(wasKilled, 'at least once it was killed');
    t.equal(await audited('envoy.forked'), 0);
  });

  await t.test('nor is a server that was killed, or its database restored', async (t) => {
    const backup = join(fleet.root, 'backup.db');
    await fleet.copyDatabase(backup);
    for (let i = 0; i < 2; i++) t.equal((await run('web-1')).code, 0);
    await fleet.server.end('SIGKILL');
    await fleet.startServer();
    t.equal((await run('web-1')).code, 0, 'after the server was killed');
    await fleet.server.end();
    await fleet.restoreDatabase(backup);
    await fleet.startServer();
    t.equal((await run('web-1')).code, 0, 'what the database forgot has the MAC of the server');
    t.equal((await run('web-1')).code, 0);
    t.equal(await audited('envoy.forked'), 0);
  });

  await t.test('the key is not made anew where envoys hold what it made: all of them would be clones', async (t) => {
    await fleet.server.end();
    rmSync(key);
    const server = await fleet.run('vigosrv', []);
    t.equal(server.code, 4);
    t.match(server.stderr, /keys\/generation is missing\nhint: restore it from a backup/);
  });
});
