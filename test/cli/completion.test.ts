import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { commands } from '../../lib/cli/commands.js';
import { isShell, scripts } from '../../lib/cli/completion/scripts.js';
import { suggest } from '../../lib/cli/completion/suggest.js';
import { DIST } from './shell.js';
import { noTerminal, runOnTerminal } from './terminal.js';

const VALUE = 'the value of vigo/web/tls';

t.test('a command line is completed from the table of commands', async (t) => {
  const line = (text: string) => {
    const suggestions = suggest(commands, text.split(' '));
    return suggestions.kind === 'words' ? suggestions.words.map(({ word }) => word).join(' ') : suggestions.kind;
  };
  t.equal(line('se'), 'secrets');
  t.equal(line('-'), '--help --version');
  t.equal(line('secrets re'), 'reset reveal rekey');
  t.equal(line('secrets set '), 'raw password');
  t.equal(line('help secrets ro'), 'rotate rollback');
  t.equal(line('secrets reveal '), 'names');
  t.equal(line('secrets reveal --version 2 a'), 'names', 'the value of an option is no argument');
  t.equal(line('secrets reveal a '), '', 'one argument is all it takes');
  t.equal(line('secrets mv a '), 'names');
  t.equal(line('secrets list '), 'names');
  t.equal(line('secrets unlock --passphrase-file '), 'files');
  t.equal(line('secrets reveal --version '), '', 'nobody knows which number');
  t.equal(line('secrets reveal --f'), '--force');
  t.equal(line('secrets reveal --force --f'), '', 'an option is given once');
  t.equal(line('secrets generate-certs --san a --sa'), '--san', 'or again, where it may be');
  t.equal(line('envoys show '), 'envoys');
  t.equal(line('envoys token revoke '), 'tokens');
  t.equal(line('doctor --only '), 'checks');
  t.equal(line('audit list --action '), 'actions');
  t.equal(line('config rollback --to '), 'versions');
  t.equal(line('secrets rollback a --to '), '', 'which numbers a secret has only the unlocked vault knows');
  t.equal(line('completion '), 'bash zsh fish');
  t.equal(line('bogus '), '');
  t.same(suggest(commands, ['secrets', 'list', '--secrets-dir', 'x', '']), {
    kind: 'names',
    options: new Map([['secrets-dir', 'x']]),
  });
});

t.test('every verb and every option of every command is offered', async (t) => {
  for (const { usage, options = [] } of commands) {
    const verb = usage.split(' ').filter((word) => /^[a-z]/.test(word));
    for (const [i, word] of verb.entries()) {
      const offered = suggest(commands, [...verb.slice(0, i), '']);
      t.ok(offered.kind === 'words' && offered.words.some((one) => one.word === word), usage);
    }
    const offered = suggest(commands, [...verb, '--']);
    for (const { name } of options) {
      t.ok(offered.kind === 'words' && offered.words.some(({ word }) => word === `--${name}`), `${usage} --${name}`);
    }
  }
});

t.test('in a vault', async (t) => {
  const host = makeHost(t);
  host.run('secrets', 'init', '--passphrase-file', host.passphrase);
  host.run('secrets', 'unlock', '--passphrase-file', host.passphrase);
  const value = join(host.folder, 'value');
  writeFileSync(value, VALUE);
  for (const key of ['vigo/db/dsn', 'vigo/web/tls', 'vigo/web/ticket']) {
    host.run('secrets', 'set', 'raw', key, '--from-file', value);
  }

  t.test('names are completed folder by folder, and nothing notices', async (t) => {
    const sentinel = readFileSync(join(host.home, '.secrets-unlocked'));
    const entries = host.run('audit', 'list', '--json').length;
    const names = (typed: string, ...before: string[]) => host.run('--complete', 'secrets', 'reveal', ...before, typed);
    t.equal(names(''), 'words\nvigo/\n');
    t.equal(names('vigo/'), 'words\nvigo/db/\nvigo/web/\n');
    t.equal(names('vigo/web/t'), 'words\nvigo/web/ticket\nvigo/web/tls\n');
    for (const typed of ['nothing', 'vigo/web/tls/', '../', '/', '.', 'vigo//'])
      t.equal(names(typed), 'words\n', typed);
    t.equal(names('', '--secrets-dir', host.folder), 'words\n', 'another vault');
    t.equal(names('', '--secrets-dir', '~/secrets'), 'words\nvigo/\n', 'as it was typed');
    t.same(readFileSync(join(host.home, '.secrets-unlocked')), sentinel, 'the unlock is not prolonged');
    t.equal(host.run('audit', 'list', '--json').length, entries, 'nothing is recorded');
  });

  const typed = `vigocli se\trev\tvi\tw\ttl\t --k\t${join(host.home, 'secrets', '.mas')}\t\r`;
  for (const [shell, { argv, ask, load }] of Object.entries(SHELLS)) {
    const found = spawnSync(shell, ['-c', 'exit'], { env: { PATH: process.env.PATH, HOME: host.folder } });
    const missing = found.status === 0 ? false : `${shell} isn't installed here`;
    t.test(`${shell} completes verbs, options, names and files`, { skip: noTerminal ?? missing }, async (t) => {
      const env = { PATH: host.path, HOME: host.folder, VIGO_HOME: host.home, TERM: 'xterm', PS1: ask };
      const session = runOnTerminal([shell, ...argv], env, [
        [ask, `${load}\r`],
        [ask, typed],
        [VALUE, ''],
        [ask, 'vigocli doctor --only mas\t --q\t\r'], // a check of two words is one argument
        ['opens', ''],
        [ask, 'exit\r'],
      ]);
      t.equal(session.code, 0);
    });
  }

  t.test('while the vault is locked there are no names, and no words about that', async (t) => {
    host.run('secrets', 'lock');
    const entries = host.run('audit', 'list', '--json').length;
    t.equal(host.run('--complete', 'secrets', 'reveal', ''), 'words\n');
    t.equal(host.run('audit', 'list', '--json').length, entries, 'nothing is recorded');
  });
});

/** How each shell is started without anybody's settings, and how its script is loaded. */
const SHELLS = {
  bash: { argv: ['--norc', '--noprofile', '-i'], ask: '@ ', load: 'source <(vigocli completion bash)' },
  zsh: {
    argv: ['-f', '-i'],
    ask: '@ ',
    load: 'autoload -U compinit; compinit -u -D; source <(vigocli completion zsh)',
  },
  fish: {
    argv: ['--no-config', '-i', '-C', 'function fish_prompt; echo "@ "; end'],
    ask: '@ ',
    load: 'vigocli completion fish | source',
  },
} as const;
t.same(Object.keys(SHELLS), Object.keys(scripts));
t.equal(isShell('toString'), false);

interface Host {
  readonly folder: string;
  readonly home: string;
  readonly passphrase: string;
  readonly path: string;
  /** Demands that it does what it is told, and says nothing else. */
  run(...args: string[]): string;
}

function makeHost(t: Test): Host {
  const folder = t.testdir({ passphrase: 'open sesame!\n' });
  const bin = join(folder, 'bin');
  const [home, passphrase] = [join(folder, 'home'), join(folder, 'passphrase')];
  const script = `exec '${process.execPath}' '${join(DIST, 'vigocli.mjs')}' "$@"`;
  mkdirSync(bin);
  writeFileSync(join(bin, 'vigocli'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const path = `${bin}:${process.env.PATH}`;
  const run = (...args: string[]) => {
    const { stdout, stderr, status } = spawnSync(
      join(bin, 'vigocli'),
      [...args, ...(args[0] === '--complete' ? [] : ['--quiet'])],
      {
        env: { PATH: path, VIGO_HOME: home, HOME: home },
        encoding: 'utf8',
      },
    );
    if (status !== 0 || stderr !== '') throw new Error(`vigocli ${args.join(' ')}: ${stderr}`);
    return stdout;
  };
  return { folder, home, passphrase, path, run };
}
