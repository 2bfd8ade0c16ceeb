import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, copyFileSync, cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { DIST } from './shell.js';

/** Nobody, on every Linux. */
const NOBODY = { uid: 65_534, gid: 65_534 };

const skip = process.getuid?.() !== 0 && 'only root can be somebody else';

t.test('a user without a name, as in a container, is a number', { skip }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'vigo-test-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const [program, passphrase] = [join(folder, 'vigocli.mjs'), join(folder, 'passphrase')];
  copyFileSync(join(DIST, 'vigocli.mjs'), program);
  // The checkout may be closed to others.
  for (const name of ['better-sqlite3', 'bindings', 'file-uri-to-path']) {
    cpSync(join(DIST, '../node_modules', name), join(folder, 'node_modules', name), { recursive: true });
  }
  writeFileSync(passphrase, 'open sesame!\n');
  const uid = 54_321;
  for (const path of [folder, program, passphrase]) chownSync(path, uid, uid);
  const run = (command: string) =>
    spawnSync(process.execPath, [program, ...command.split(' ')], {
      env: { VIGO_HOME: join(folder, 'home') },
      encoding: 'utf8',
      uid,
      gid: uid,
    });
  t.match(run(`secrets init --passphrase-file ${passphrase}`), { status: 0 });
  t.match(run('audit list --json'), { status: 0, stdout: `"actor":"${uid}"` });
});

t.test('who may not read the vault is told so, and not that there is none', { skip }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'vigo-test-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  chmodSync(folder, 0o755); // the program too must be readable
  const [program, passphrase] = [join(folder, 'vigocli.mjs'), join(folder, 'passphrase')];
  copyFileSync(join(DIST, 'vigocli.mjs'), program);
  writeFileSync(passphrase, 'open sesame!\n');
  const run = (command: string, options: { uid?: number; gid?: number }, script = program) =>
    spawnSync(process.execPath, [script, ...command.split(' ')], {
      env: { VIGO_HOME: join(folder, 'home') },
      encoding: 'utf8',
      ...options,
    });
  const init = run(`secrets init --passphrase-file ${passphrase}`, {}, join(DIST, 'vigocli.mjs'));
  t.equal(init.status, 0, init.stderr);
  t.equal(run('--version', NOBODY).status, 0);
  for (const command of [
    'secrets list',
    'secrets reveal a',
    `secrets unlock --passphrase-file ${passphrase}`,
    `secrets init --passphrase-file ${passphrase}`,
    'secrets generate-certs',
    'audit list',
    'audit verify',
    'config history',
  ]) {
    const { status, stderr } = run(command, NOBODY);
    t.match({ status, stderr }, { status: 3, stderr: /permission denied\nhint: run/ }, command);
  }
  const settings = /^fail +settings +can't read \S+server\.yaml: permission denied\n/;
  t.match(run('doctor', NOBODY), { status: 1, stdout: settings });
  t.match(run('--complete secrets reveal a', NOBODY), { status: 0, stdout: 'words\n', stderr: '' });
});
