import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { DIST } from './shell.js';

t.test('a umask that takes rights from the owner closes no new folder', async (t) => {
  const dir = t.testdir();
  const home = join(dir, 'home');
  mkdirSync(home);
  writeFileSync(join(dir, 'passphrase'), 'a passphrase of the test\n', { mode: 0o600 });
  const run = (command: string) =>
    spawnSync('sh', ['-c', `umask 0177; exec "$0" ${command}`, process.execPath], {
      cwd: dir,
      env: { PATH: process.env.PATH, VIGO_HOME: home, CLI: join(DIST, 'vigocli.mjs') },
      encoding: 'utf8',
    });
  t.match(run('"$CLI" secrets init --passphrase-file passphrase'), { status: 0 });
  t.match(run('"$CLI" secrets unlock --passphrase-file passphrase'), { status: 0 });
  t.match(run('"$CLI" secrets generate app/db/password'), { status: 0 });
  const folders = readdirSync(home, { recursive: true, withFileTypes: true }).filter((entry) => entry.isDirectory());
  const modes = folders.map(({ name }) => name);
  t.ok(modes.includes('app'));
  for (const { path, name } of folders) t.equal(statSync(join(path, name)).mode & 0o777, 0o700, join(path, name));
});
