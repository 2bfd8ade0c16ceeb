import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { DIST } from './shell.js';
import { noTerminal, runOnTerminal } from './terminal.js';

const canMount = process.geteuid?.() === 0 && spawnSync('unshare', ['-m', 'true']).status === 0;
const VALUE = 'v'.repeat(300_000);

t.setTimeout(180_000);

/** An unlocked vault, and a shell in which the programs are called by their names. */
function prepare(t: Test) {
  const folder = t.testdir({ passphrase: 'open sesame, please\n', value: VALUE, short: 's'.repeat(10_000) });
  const env = { PATH: process.env.PATH ?? '', VIGO_HOME: join(folder, 'home') };
  const functions = ['vigocli', 'vigo', 'vigosrv'].map(
    (name) => `${name}() { '${process.execPath}' '${join(DIST, name)}.mjs' "$@"; }`,
  );
  const run = (script: string) => {
    const { status, stdout, stderr } = spawnSync('sh', ['-c', `${functions.join('; ')}; ${script}`], {
      cwd: folder,
      env,
      encoding: 'utf8',
      maxBuffer: 1 << 24,
    });
    return { status, stdout, stderr };
  };
  const made = run(`set -e
    vigocli secrets init --passphrase-file passphrase
    vigocli secrets unlock --passphrase-file passphrase
    vigocli secrets set raw k --from-file value
    vigocli secrets set raw short --from-file short`);
  t.equal(made.status, 0, made.stderr);
  return { folder, env, run };
}

t.test('output', async (t) => {
  const { folder, env, run } = prepare(t);

  const skip = !canMount && 'mounting a small file system needs root';
  t.test('a value that a disk takes only a part of is not one that was revealed', { skip }, async (t) => {
    const disk = join(folder, 'disk');
    mkdirSync(disk);
    t.equal(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=8k', 'tmpfs', disk]).status, 0);
    t.teardown(() => spawnSync('umount', [disk]));
    const revealed = run('vigocli secrets reveal short > disk/o');
    t.match(revealed, {
      status: 1,
      stderr:
        "error: can't write to stdout: no space left on the file system; 8192 bytes were written, at least 1808 are lost\n" +
        'hint: the output is incomplete; whatever else the command did stays done\n',
    });
    t.equal(statSync(join(disk, 'o')).size, 8192);
    t.match(run('rm disk/o; { head -c 8000 /dev/zero; vigocli audit list --json; } > disk/o'), {
      status: 1,
      stderr: /are lost/,
    });
  });

  t.test('a full device fails every program that writes to it', async (t) => {
    for (const command of ['vigocli secrets list', 'vigocli --help', 'vigo status', 'vigosrv --unit']) {
      const { status, stderr } = run(`${command} > /dev/full`);
      t.equal(status, 1, command);
      t.match(stderr, /^error: can't write to stdout: no space left on the file system; 0 bytes were written/, command);
    }
    t.match(
      run('vigocli secrets generate new 2> /dev/full; vigocli secrets history new'),
      { status: 0, stdout: /1/ },
      'words are no output',
    );
  });

  t.test('a reader that goes away ends a program as SIGPIPE would', async (t) => {
    for (const command of ['vigocli secrets reveal k', 'vigo status']) {
      t.same(
        run(`{ sleep 0; ${command}; echo "$?" > code; } | true; cat code`),
        { status: 0, stdout: '141\n', stderr: '' },
        command,
      );
    }
  });

  t.test('a pipe, a pipe that never blocks and a file take all of it', async (t) => {
    t.equal(run('vigocli secrets reveal k').stdout, VALUE);
    t.equal(run('vigocli secrets reveal k > file').status, 0);
    t.equal(readFileSync(join(folder, 'file'), 'utf8'), VALUE);
    const slow = `
import os, subprocess, sys, time
reader, writer = os.pipe()
os.set_blocking(writer, False)
child = subprocess.Popen(sys.argv[1:], stdout=writer)
os.close(writer)
time.sleep(0.3)
size = 0
while part := os.read(reader, 4096):
    size += len(part)
print(size, child.wait())`;
    writeFileSync(join(folder, 'slow.py'), slow);
    const program = `'${process.execPath}' '${join(DIST, 'vigocli.mjs')}'`;
    if (noTerminal === undefined)
      t.equal(run(`python3 slow.py ${program} secrets reveal k`).stdout, `${VALUE.length} 0\n`);
  });

  t.test('a terminal takes all of it', { skip: noTerminal ?? false }, async (t) => {
    const { code, shown } = runOnTerminal(
      [process.execPath, join(DIST, 'vigocli.mjs'), 'secrets', 'reveal', 'k'],
      env,
      [],
    );
    t.equal(code, 0);
    t.equal(shown, `${VALUE}\n`);
  });
});
