import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { DIST } from './shell.js';
import { noTerminal, runOnTerminal } from './terminal.js';

const README = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
const BLOCKS = [...README.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block);

t.setTimeout(240_000);

t.test('no block of the README holds a comment, which zsh takes for arguments', async (t) => {
  t.ok(BLOCKS.length > 3);
  for (const block of BLOCKS) t.notMatch(block, /^#|\s#/m);
});

const SHELLS = { bash: ['bash', '--norc', '-i'], zsh: ['zsh', '-f', '-i'] };

for (const [shell, argv] of Object.entries(SHELLS)) {
  const skip = noTerminal ?? (spawnSync(shell, ['-c', ':']).status !== 0 && `${shell} isn't here`);
  t.test(`the block that sets the server up is pasted whole into ${shell}`, { skip }, async (t) => {
    const block = BLOCKS.find((one) => one.includes('vigocli secrets init')) ?? '';
    const folder = t.testdir();
    mkdirSync(join(folder, 'bin'));
    writeFileSync(join(folder, 'bin/npm'), '#!/bin/sh\n', { mode: 0o755 }); // the programs are built already
    symlinkSync(process.execPath, join(folder, 'bin/node'));
    symlinkSync(DIST, join(folder, 'dist'));
    const env = { PATH: `${join(folder, 'bin')}:${process.env.PATH}`, HOME: folder, TERM: 'dumb', PS1: 'ready> ' };
    const settings =
      'printf \'server: { grpc_listen: "127.0.0.1:0", api_listen: "127.0.0.1:0" }\\n\' > try/server/server.yaml';
    const { shown } = runOnTerminal(
      ['sh', '-c', `cd '${folder}' && mkdir -p try/server && ${settings} && exec ${argv.join(' ')}`],
      env,
      [['ready> ', `${block}vigocli secrets list\nkill %1\nwait\nexit\n`]],
    );
    t.match(shown, /shop\/db\/password: version 1 is stored/);
    t.match(shown, /\nshop\/db\/password\n/);
    t.notMatch(shown, /error|not found/);
  });
}
