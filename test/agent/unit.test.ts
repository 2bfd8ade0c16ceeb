import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { agentPaths, DEFAULT_CONFIG_DIR, DEFAULT_STATE_DIR } from '../../lib/agent/held/paths.js';
import { agentUnit } from '../../lib/agent/unit.js';

const ANALYZE = '/usr/bin/systemd-analyze';
const PROGRAM = ['/usr/bin/node', '/usr/local/lib/vigo/vigo.mjs'];

t.test('a unit names the folders that are not the usual ones', async (t) => {
  const usual = agentUnit(PROGRAM, agentPaths(DEFAULT_CONFIG_DIR, DEFAULT_STATE_DIR));
  t.match(usual, '\nExecStart=/usr/bin/node /usr/local/lib/vigo/vigo.mjs run\n');
  t.match(usual, '\nLimitCORE=0\n');
  t.match(agentUnit(PROGRAM, agentPaths('/a b', '/c')), ' run --config-dir "/a b" --state-dir /c\n');
});

t.test('systemd finds nothing wrong', { skip: !existsSync(ANALYZE) && 'systemd is not installed' }, async (t) => {
  for (const paths of [agentPaths(DEFAULT_CONFIG_DIR, DEFAULT_STATE_DIR), agentPaths('/a b', '/c')]) {
    const dir = t.testdir({ 'vigo.service': agentUnit([process.execPath, '/usr/local/lib/vigo/vigo.mjs'], paths) });
    t.equal(execFileSync(ANALYZE, ['verify', join(dir, 'vigo.service')], { encoding: 'utf8', stdio: 'pipe' }), '');
  }
});
