import t from 'tap';
import { agentPaths, DEFAULT_CONFIG_DIR, DEFAULT_STATE_DIR } from '../../lib/agent/paths.js';
import { agentUnit } from '../../lib/agent/unit.js';

const PROGRAM = ['/usr/bin/node', '/usr/local/lib/vigo/vigo.mjs'];

t.test('a unit names the folders that are not the usual ones', async (t) => {
  const usual = agentUnit(PROGRAM, agentPaths(DEFAULT_CONFIG_DIR, DEFAULT_STATE_DIR));
  t.match(usual, '\nExecStart=/usr/bin/node /usr/local/lib/vigo/vigo.mjs run\n');
  t.match(usual, '\nLimitCORE=0\n');
  t.match(agentUnit(PROGRAM, agentPaths('/a b', '/c')), ' run --config-dir "/a b" --state-dir /c\n');
});
