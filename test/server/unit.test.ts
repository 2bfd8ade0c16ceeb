import t from 'tap';
import { serverUnit } from '../../lib/server/unit.js';

const PROGRAM = ['/usr/bin/node', '/opt/vigo/vigosrv.mjs'];

t.test('a unit names what is not the usual', async (t) => {
  const usual = serverUnit(PROGRAM, '/srv/vigo', undefined);
  t.match(usual, '\nExecStart=/usr/bin/node /opt/vigo/vigosrv.mjs\nRestart=');
  t.match(usual, '\nReadWritePaths=/srv/vigo\n');
  for (const setting of ['LimitCORE=0', 'MemorySwapMax=0', 'NoNewPrivileges=yes']) t.match(usual, `\n${setting}\n`);
  const moved = serverUnit(PROGRAM, '/srv/$a b', '/etc/vigo.yaml');
  t.match(moved, '\nEnvironment="VIGO_HOME=/srv/$a b"\nEnvironment=VIGO_CONFIG_FILE=/etc/vigo.yaml\n');
  t.match(moved, '\nReadWritePaths="/srv/$a b"\n');
});
