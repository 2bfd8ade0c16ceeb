import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { whenChanged } from './file-events.js';
import { Resident } from './resident.js';
import { startFleet } from './start-fleet.js';

const VIGO = fileURLToPath(new URL('../../dist/vigo.mjs', import.meta.url));

t.test('what a command of a run inherits, and a run that SIGINT stops', async (t) => {
  const fleet = await startFleet(t);
  const target = join(fleet.root, 'target');
  mkdirSync(target);
  await fleet.publish({
    'envoys.vgo': 'envoys:\n  - { match: "*", configcrates: [it] }\n',
    'it.vgo': `
configcrate: it
resources:
  - { name: looks, type: exec, command: "ls -l /proc/self/fd > ${target}/files; umask > ${target}/umask" }
  - { name: waits, type: exec, command: "touch ${target}/waits; until [ -e ${target}/go ]; do sleep 0.05; done" }
  - { name: never, type: exec, command: "touch ${target}/never" }
`,
  });
  await fleet.enroll('web-1');
  const run = [process.execPath, VIGO, 'run', '--once', ...fleet.agentArgs('web-1')];
  const shell = ['-c', 'umask 0; exec 20</etc/passwd; exec "$@"', 'bash', ...run];
  const agent = new Resident(spawn('bash', shell, { env: { PATH: process.env.PATH } }));
  await whenChanged(target, 'the second command', () => existsSync(join(target, 'waits')));
  agent.child.kill('SIGINT');
  writeFileSync(join(target, 'go'), '');
  t.equal(await agent.ended(), 1);
  t.match(agent.said, /error: the run was stopped before 1 of 3 resources/);
  t.notOk(existsSync(join(target, 'never')));
  t.match(readFileSync(join(target, 'files'), 'utf8'), / 1 -> /);
  t.notMatch(readFileSync(join(target, 'files'), 'utf8'), 'passwd');
  t.equal(readFileSync(join(target, 'umask'), 'utf8').trim(), '0022');
});
