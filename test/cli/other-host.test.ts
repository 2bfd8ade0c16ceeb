import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { DIST } from './shell.js';

const ELSEWHERE = ['--uts', 'sh', '-c', 'echo another-host > /proc/sys/kernel/hostname && exec "$@"', 'sh'];
const skip =
  spawnSync('unshare', [...ELSEWHERE, 'true']).status === 0
    ? false
    : 'unshare(1) is missing, or may not give a host another name';

t.test('restore says that the certificate names the host of the backup', { skip }, async (t) => {
  const dir = t.testdir();
  mkdirSync(join(dir, 'home'));
  writeFileSync(join(dir, 'passphrase'), 'a passphrase of the test\n', { mode: 0o600 });
  const env = { PATH: process.env.PATH, VIGO_HOME: join(dir, 'home') };
  const words = (line: string) => [process.execPath, join(DIST, 'vigocli.mjs'), ...line.split(' ')];
  const run = (line: string, around: string[] = []) => {
    const [program = '', ...args] = [...around, ...words(line)];
    return spawnSync(program, args, { cwd: dir, env, encoding: 'utf8' });
  };
  for (const line of [
    'secrets init --passphrase-file passphrase',
    'secrets unlock --passphrase-file passphrase',
    'secrets generate-certs --san vigo.example.org',
    'backup keygen key',
    'backup x.vgb --recipient key.pub',
  ]) {
    t.match(run(line), { status: 0 }, line);
  }
  const here = run('restore x.vgb --home here --identity key');
  t.match(here, { status: 0 });
  t.notMatch(here.stderr, /certificate names/);
  const there = run('restore x.vgb --home there --identity key', ['unshare', ...ELSEWHERE]);
  t.match(there, { status: 0 });
  t.match(
    there.stderr,
    /warning: the server's certificate names .*vigo\.example\.org.*, and not this host, another-host/,
  );
  t.match(there.stderr, /vigocli pki renew-server/);
});
