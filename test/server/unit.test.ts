import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { serverUnit } from '../../lib/server/host/unit.js';

const PROGRAM = ['/usr/bin/node', '/opt/vigo/vigosrv.mjs'];
const USUAL = { home: '/srv/vigo', settingsFile: undefined, databasePath: '/srv/vigo/db/vigo.db' };
const MOVED = { home: '/srv/$a b', settingsFile: '/etc/vigo.yaml', databasePath: '/srv/$a b/other/vigo.db' };
const ANALYZE = '/usr/bin/systemd-analyze';

t.test('a unit names what is not the usual', async (t) => {
  const usual = serverUnit(PROGRAM, USUAL);
  t.match(usual, '\nExecStart=/usr/bin/node /opt/vigo/vigosrv.mjs\nExecReload=/bin/kill -HUP $MAINPID\nRestart=');
  t.match(usual, '\nReadWritePaths=/srv/vigo\n');
  for (const setting of ['LimitCORE=0', 'MemorySwapMax=0', 'NoNewPrivileges=yes']) t.match(usual, `\n${setting}\n`);
  const moved = serverUnit(PROGRAM, MOVED);
  t.match(moved, '\nEnvironment="VIGO_HOME=/srv/$a b"\nEnvironment=VIGO_CONFIG_FILE=/etc/vigo.yaml\n');
  t.match(moved, '\nReadWritePaths="/srv/$a b"\n');
});

t.test('a database outside of the home can be written', async (t) => {
  const paths = (databasePath: string) => serverUnit(PROGRAM, { ...USUAL, databasePath });
  t.match(paths('/var/lib/vigo db/vigo.db'), '\nReadWritePaths=/srv/vigo "/var/lib/vigo db"\n');
  t.match(paths('/srv/vigo-db/vigo.db'), '\nReadWritePaths=/srv/vigo /srv/vigo-db\n');
});

t.test('systemd finds nothing wrong', { skip: !existsSync(ANALYZE) && 'systemd is not installed' }, async (t) => {
  for (const places of [USUAL, MOVED, { ...USUAL, databasePath: '/var/lib/vigo db/vigo.db' }]) {
    const unit = serverUnit([process.execPath, '/opt/vigo/vigosrv.mjs'], places);
    const dir = t.testdir({ 'vigosrv.service': unit });
    const said = execFileSync(ANALYZE, ['verify', join(dir, 'vigosrv.service')], { encoding: 'utf8', stdio: 'pipe' });
    t.equal(said, '');
  }
});
