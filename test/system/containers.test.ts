import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { startShop } from './start-fleet.js';

/** A namespace of process ids of its own, as a container has one. */
const CONTAINER = ['--pid', '--fork', '--kill-child', '--mount-proc'];
const skip =
  spawnSync('unshare', [...CONTAINER, 'true']).status === 0
    ? false
    : 'unshare(1) is missing, or may not make a namespace of process ids';

t.test('a second server or agent in another container is refused and disturbs nothing', { skip }, async (t) => {
  const { fleet, whenIs } = await startShop(t);
  const inContainer = async (program: string, ...args: string[]) => {
    const path = fileURLToPath(new URL(`../../dist/${program}.mjs`, import.meta.url));
    const child = spawn('unshare', [...CONTAINER, process.execPath, path, ...args], {
      env: { PATH: process.env.PATH, VIGO_HOME: fleet.home },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let stderr = '';
    child.stderr.on('data', (data) => {
      stderr += data;
      if (/"ready"| info /.test(stderr)) child.kill(); // it isn't refused: the test fails, and doesn't hang
    });
    const [code] = await once(child, 'close');
    return { code, stderr };
  };
  const announced = ['api.json', 'local-admin.token'].map((name) => join(fleet.home, 'run', name));
  const before = announced.map((path) => readFileSync(path, 'utf8'));

  const server = await inContainer('vigosrv');
  t.equal(server.code, 1);
  t.match(server.stderr, /^error: .*vigosrv\.lock is locked by .*\nhint: .*another container/m);
  t.same(
    announced.map((path) => existsSync(path) && readFileSync(path, 'utf8')),
    before,
    'the announcement of the first one stays',
  );
  t.equal((await fleet.vigocli('config', 'history')).code, 0);

  await fleet.enroll('web-1');
  const agent = fleet.startAgent('web-1');
  await whenIs('first');
  const second = await inContainer('vigo', 'run', '--once', ...fleet.agentArgs('web-1'));
  t.equal(second.code, 1);
  t.match(second.stderr, /is locked by/);

  await agent.end('SIGKILL');
  const after = await inContainer('vigo', 'run', '--once', ...fleet.agentArgs('web-1'));
  t.notMatch(after.stderr, /is locked by/, 'an agent that was killed holds nothing back');
});
