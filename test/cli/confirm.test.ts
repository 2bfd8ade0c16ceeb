import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { DIST } from './shell.js';
import { noTerminal, runOnTerminal, type Typed } from './terminal.js';

t.setTimeout(240_000);

t.test('what would be replaced or lost is said and asked for', { skip: noTerminal ?? false }, async (t) => {
  const folder = t.testdir({ passphrase: 'open sesame!\n' });
  const env = { VIGO_HOME: join(folder, 'home') };
  const run = (args: string, ...typed: Typed) =>
    runOnTerminal([process.execPath, join(DIST, 'vigocli.mjs'), 'secrets', ...args.split(' ')], env, typed);
  t.match(run('unlock'), { code: 1, shown: /^error: there is no vault/ }, 'no passphrase is asked for without a vault');
  t.equal(run(`init --passphrase-file ${folder}/passphrase`).code, 0);
  t.equal(run(`unlock --passphrase-file ${folder}/passphrase`).code, 0);

  t.match(run('generate a'), { code: 0, shown: 'a: version 1 is stored\n' }, 'a new one replaces nothing');
  const question =
    /a exists: version 1 \(password, of .* by .*\) is replaced, and kept as an earlier version: go on\? y or n: /;
  t.match(run('generate a', ['y or n: ', 'n']), { code: 1, cooked: true, shown: question });
  t.match(run('generate a', ['y or n: ', 'y']), { code: 0, shown: /a: version 2 is stored/ });
  t.match(run('generate a --yes'), { code: 0, shown: /a: version 3 is stored/ });

  const lost = /a: version 3 \(password, of .*\) and 2 other versions: removed for good: go on\? y or n: /;
  t.match(run('delete a --purge', ['y or n: ', 'n']), { code: 1, shown: lost });
  t.match(run('delete a --purge', ['y or n: ', 'y']), { code: 0, shown: /a is gone/ });

  writeFileSync(join(folder, 'home', 'server.yaml'), 'server: { api_listen: secret:used }\n');
  t.equal(run('generate used').code, 0);
  const refused = /^error: \S+ refers to used: [^?]*$/;
  t.match(run('delete used --purge'), { code: 1, shown: refused }, 'what is refused is not asked for');
  t.match(run('generate used --length 8'), { code: 2, shown: /^error: --length/ });
});
