import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { DIST } from './shell.js';

t.test('a backup that stdout cannot take blames the disk and not the reader', async (t) => {
  const dir = t.testdir();
  mkdirSync(join(dir, 'home'));
  writeFileSync(join(dir, 'passphrase'), 'a passphrase of the test\n', { mode: 0o600 });
  const run = (line: string) =>
    spawnSync('sh', ['-c', `exec "$0" "$1" ${line}`, process.execPath, join(DIST, 'vigocli.mjs')], {
      cwd: dir,
      env: { PATH: process.env.PATH, VIGO_HOME: join(dir, 'home') },
      encoding: 'utf8',
    });
  for (const verb of ['init', 'unlock']) t.match(run(`secrets ${verb} --passphrase-file passphrase`), { status: 0 });
  t.match(run('backup keygen key'), { status: 0 });
  const { status, stderr } = run('backup - --recipient key.pub > /dev/full');
  t.equal(status, 1);
  t.match(stderr, /^error: can't write to stdout: no space left/);
  t.notMatch(stderr, /went away/);
});
