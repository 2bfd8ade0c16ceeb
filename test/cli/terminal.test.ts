import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { DIST } from './shell.js';
import { noTerminal, runOnTerminal, type Session, type Typed } from './terminal.js';

const PASSWORD = 'Correct-Horse-9';
const ENTER = '\r';
const BACKSPACE = '\x7f';
const CTRL_C = '\x03';
const CTRL_D = '\x04';
const CTRL_U = '\x15';

if (noTerminal !== undefined) t.plan(0, noTerminal);

function type(home: string, args: readonly string[], ...typed: Typed): Session {
  return typeIn({}, home, args, ...typed);
}

function typeIn(env: Record<string, string>, home: string, args: readonly string[], ...typed: Typed): Session {
  return runOnTerminal([process.execPath, join(DIST, 'vigocli.mjs'), ...args], { VIGO_HOME: home, ...env }, typed);
}

function init(t: Test, passphrase = 'open sesame!'): string {
  const home = join(t.testdir(), 'home');
  const { code } = type(home, ['secrets', 'init'], [': ', passphrase + ENTER], ['again: ', passphrase + ENTER]);
  t.equal(code, 0);
  return home;
}

if (noTerminal === undefined) {
  t.test('a passphrase is asked for twice, and nothing of it is shown', async (t) => {
    const home = join(t.testdir(), 'home');
    const session = type(
      home,
      ['secrets', 'init'],
      ['new passphrase (at least 12 bytes): ', `open sesame!${ENTER}`],
      ['new passphrase, again: ', `open sesame!${ENTER}`],
    );
    t.match(session, { code: 0, cooked: true });
    t.notMatch(session.shown, /sesame/);
    t.match(session.shown, /^new passphrase \(at least 12 bytes\): \nnew passphrase, again: \nmaster key /);
  });

  t.test('two entries that differ make nothing', async (t) => {
    const home = join(t.testdir(), 'home');
    const session = type(home, ['secrets', 'init'], [': ', `one${ENTER}`], ['again: ', `two${ENTER}`]);
    t.match(session, { code: 1, cooked: true });
    t.match(session.shown, 'error: the two entries differ\nhint: ');
    t.notOk(existsSync(home));
  });

  t.test('what is typed ahead, or pasted, counts for the second question', async (t) => {
    const home = join(t.testdir(), 'home');
    t.match(type(home, ['secrets', 'init'], [': ', `both of them${ENTER}both of them${ENTER}`]), {
      code: 0,
      cooked: true,
    });
  });

  for (const [name, key] of Object.entries({ 'Ctrl-C': CTRL_C, 'Ctrl-D': CTRL_D })) {
    t.test(`${name} ends it cleanly`, async (t) => {
      const home = join(t.testdir(), 'home');
      const session = type(home, ['secrets', 'init'], [': ', `half a passphr${key}`]);
      t.match(session, {
        code: 1,
        cooked: true,
        shown: 'new passphrase (at least 12 bytes): \nerror: cancelled; nothing was changed\n',
      });
      t.notOk(existsSync(home));
    });
  }

  t.test('the line can be mended: backspace takes a whole character, Ctrl-U all of it', async (t) => {
    const home = init(t, 'wahre größe');
    t.equal(type(home, ['secrets', 'unlock'], [': ', `wahre größ€${BACKSPACE}e${ENTER}`]).code, 0);
    t.equal(type(home, ['secrets', 'unlock'], [': ', `wrong${CTRL_U}wahre größe${ENTER}`]).code, 0);
    t.equal(type(home, ['secrets', 'unlock'], [': ', `ab${BACKSPACE.repeat(5)}wahre größe${ENTER}`]).code, 0);
    t.match(type(home, ['secrets', 'unlock'], [': ', `gr${ENTER}`]), {
      code: 3,
      shown: /^passphrase: \nerror: this is not the passphrase of the vault\nhint: /,
    });
  });

  t.test('colours are shown where they are wanted, and --quiet shows no notes', async (t) => {
    const home = init(t);
    const locked = (env: Record<string, string>) => typeIn({ TERM: 'xterm', ...env }, home, ['secrets', 'list']).shown;
    t.equal(locked({ NO_COLOR: '1' }), 'error: the vault is locked\nhint: run: vigocli secrets unlock\n');
    t.match(locked({}), '\x1b[31merror:\x1b[m the vault is locked\n\x1b[1mhint:\x1b[m run: ');
    t.equal(type(home, ['secrets', 'unlock', '--quiet'], [': ', `open sesame!${ENTER}`]).shown, 'passphrase: \n');
    t.equal(type(home, ['secrets', 'rekey', '--quiet']).shown, '');
  });

  t.test('the doctor colours the word that counts, and stands in columns either way', async (t) => {
    const home = init(t);
    const ask = (env: Record<string, string>) =>
      typeIn({ TERM: 'xterm', ...env }, home, ['doctor', '--only', 'gate']).shown;
    t.equal(ask({}), '\x1b[32mok\x1b[m    gate  the vault is locked\n');
    t.equal(ask({ NO_COLOR: '1' }), 'ok    gate  the vault is locked\n');
  });

  t.test('values', async (t) => {
    const home = init(t);
    t.equal(type(home, ['secrets', 'unlock'], [': ', `open sesame!${ENTER}`]).code, 0);
    t.test('a pasted PEM is taken whole, or refused', async (t) => pastedPem(t, home));
    t.test('a signal leaves the terminal as it was', async (t) => killed(t, home));
    const noTmux = spawnSync('tmux', ['-V']).status !== 0 && "tmux isn't here";
    t.test('tmux pastes a PEM whole', { skip: noTmux }, async (t) => pastedByTmux(t, home));
    t.test('a value is typed unseen, and revealed to the byte', async (t) => typedValue(t, home));
    t.test('a password is asked for twice and must be a strong one', async (t) => typedPassword(t, home));
    t.test('a passphrase is replaced knowing it, or by typing RESET', async (t) => replacedPassphrases(t, home));
    const noVim = spawnSync('vim', ['--version']).status !== 0 && "vim isn't here";
    t.test('vim keeps nothing of what it edits', { skip: noVim }, async (t) => keptByVim(t, home));
    t.test('what the vault refuses is not lost to who typed it', async (t) => editedAgain(t, home));
    t.test('a rekey shows how far it is', async (t) => rekeyed(t, home));
  });
}

const PEM = `-----BEGIN PRIVATE KEY-----\n${'MIG2AgEA'.repeat(600)}\n-----END PRIVATE KEY-----\n`;

function pastedPem(t: Test, home: string): void {
  const sent = PEM.replaceAll('\n', '\r');
  const set = (keys: string, TERM: string) => typeIn({ TERM }, home, ['secrets', 'set', 'raw', 'pem'], [': ', keys]);
  const marked = set(`\x1b[200~${sent}\x1b[201~${ENTER}`, 'xterm');
  t.match(marked, { code: 0, cooked: true });
  t.ok(marked.shown.startsWith('\x1b[?2004hvalue of pem: \n\x1b[?2004l'), 'marks of pastes are asked for, and no more');
  t.equal(type(home, ['secrets', 'reveal', 'pem']).shown, `${PEM}\n`);

  const unmarked = set(sent, 'dumb');
  t.match(unmarked, { code: 1, cooked: true });
  t.match(
    unmarked.shown,
    /^value of pem: \nerror: more was pasted .*nothing was changed\nhint: --from-file <path> or a pipe/,
  );
  t.equal(type(home, ['secrets', 'reveal', 'pem']).shown, `${PEM}\n`, 'nothing was stored');

  const lines = `\x1b[200~one\rtwo\x1b[201~${ENTER}`;
  const password = typeIn({ TERM: 'xterm' }, home, ['secrets', 'set', 'password', 'p'], [': ', lines]);
  t.match(password, { code: 1, cooked: true, shown: /several lines were pasted where one is asked for/ });
}

function killed(t: Test, home: string): void {
  for (const [name, signal] of Object.entries({ SIGHUP: 1, SIGTERM: 15 })) {
    const session = typeIn({ TERM: 'xterm' }, home, ['secrets', 'set', 'raw', 'never'], [': ', 'half', signal]);
    t.match(session, { code: -signal, cooked: true }, name);
    t.match(session.shown, '\x1b[?2004l', name);
  }
}

/** A terminal that people use, which marks what it pastes where the program asks for that. */
function pastedByTmux(t: Test, home: string): void {
  const folder = t.testdir({ pem: PEM });
  const socket = join(folder, 'socket');
  const tmux = (...args: string[]) =>
    spawnSync('tmux', ['-S', socket, '-f', '/dev/null', ...args], { encoding: 'utf8' });
  const command = `VIGO_HOME='${home}' '${process.execPath}' '${join(DIST, 'vigocli.mjs')}' secrets set raw tmux; tmux -S '${socket}' wait-for -S done`;
  t.equal(tmux('new-session', '-d', '-x', '80', '-y', '24', command).status, 0);
  t.teardown(() => tmux('kill-server'));
  while (!tmux('capture-pane', '-p').stdout.includes('value of tmux:')) spawnSync('sleep', ['0.1']);
  tmux('load-buffer', join(folder, 'pem'));
  tmux('paste-buffer', '-p', '-d');
  tmux('send-keys', 'Enter');
  tmux('wait-for', 'done');
  t.equal(type(home, ['secrets', 'reveal', 'tmux']).shown, `${PEM}\n`);
  type(home, ['secrets', 'delete', 'tmux', '--purge', '--yes']);
  type(home, ['secrets', 'delete', 'pem', '--purge', '--yes']);
}

function typedValue(t: Test, home: string): void {
  const set = type(home, ['secrets', 'set', 'raw', 'db/dsn'], ['value of db/dsn: ', `p w'"\\ä${ENTER}`]);
  t.match(set, { code: 0, cooked: true, shown: 'value of db/dsn: \ndb/dsn: version 1 is stored (8 bytes)\n' });
  t.equal(type(home, ['secrets', 'reveal', 'db/dsn']).shown, `p w'"\\ä\n`);
  const cancelled = type(home, ['secrets', 'set', 'raw', 'db/dsn'], [': ', `half${CTRL_C}`]);
  t.match(cancelled, { code: 1, cooked: true });
  t.equal(type(home, ['secrets', 'reveal', 'db/dsn']).shown, `p w'"\\ä\n`);
}

function typedPassword(t: Test, home: string): void {
  const set = (first: string, second = first) =>
    type(home, ['secrets', 'set', 'password', 'a'], ['): ', first + ENTER], ['again: ', second + ENTER]);
  for (const weak of ['Short-1', 'NoSpecialOnes1']) {
    const { code, shown } = set(weak);
    t.equal(code, 1, weak);
    t.match(shown, 'error: the password is too weak\nhint: at least 12 characters', weak);
  }
  t.match(set(PASSWORD, `${PASSWORD}9`), { code: 1, shown: /the two entries differ/ });
  t.equal(type(home, ['secrets', 'list']).shown, 'db/dsn\n');
  t.match(set(PASSWORD), { code: 0, cooked: true, shown: /again: \na: version 1 is stored\n$/ });
  t.equal(type(home, ['secrets', 'reveal', 'a']).shown, `${PASSWORD}\n`);
}

function keptByVim(t: Test, home: string): void {
  const folder = t.testdir({ keep: {} });
  const keep = join(folder, 'keep');
  const settings = `set nocp undofile undodir=${keep} backup backupdir=${keep} directory=${keep} vi='9,<9 vif=${keep}/info`;
  writeFileSync(join(folder, '.vimrc'), settings);
  type(home, ['secrets', 'generate', 'edited']);
  const env = { HOME: folder, EDITOR: 'vim', TERM: 'xterm' };
  const session = typeIn(env, home, ['secrets', 'edit', 'edited'], ['value', `yypggdd:wq${ENTER}`]);
  t.match(session, { code: 0, shown: /edited: nothing changed\n$/ });
  t.same(readdirSync(keep), []);
}

function editedAgain(t: Test, home: string): void {
  const folder = t.testdir({ passphrase: 'a third one!', lent: '' });
  const [script, lent] = [join(folder, 'editor'), join(folder, 'lent')];
  const vigocli = `'${process.execPath}' '${join(DIST, 'vigocli.mjs')}'`;
  const unlock = `${vigocli} secrets unlock --passphrase-file '${folder}/passphrase'`;
  const edit = (shell: string, ...keys: readonly string[]) => {
    writeFileSync(script, `#!/bin/sh\necho "$1" > '${lent}'\n${shell}\n`, { mode: 0o700 });
    const typed = keys.map((key) => ['g to give up: ', key] as const);
    const session = typeIn({ EDITOR: script }, home, ['secrets', 'edit', 'kept'], ...typed);
    t.equal(existsSync(readFileSync(lent, 'utf8').trim()), false, 'and nothing of it stays');
    return session;
  };
  const changeAndLock = `echo mine > "$1"; ${vigocli} secrets lock`;
  t.match(edit(changeAndLock, 'g'), { code: 1, cooked: true, shown: /the vault is locked.*given up; nothing/s });

  type(home, ['secrets', 'unlock', '--passphrase-file', join(folder, 'passphrase')]);
  const twice = `if grep -q mine "$1"; then ${unlock}; else ${changeAndLock}; fi`;
  t.match(edit(twice, 'xs', 'e'), { code: 0, shown: /kept: version 1 is stored \(4 bytes\)/ });

  const overtake = `echo mine again > "$1"; printf theirs | ${vigocli} secrets set raw kept`;
  t.match(edit(overtake, CTRL_C), { code: 1, shown: /is at version 2, not at version 1/ });
  t.match(edit(overtake, 's'), { code: 0, shown: /store it over that.*kept: version 4 is stored \(10 bytes\)/s });
  t.equal(type(home, ['secrets', 'reveal', 'kept']).shown, 'mine again\n');
}

function replacedPassphrases(t: Test, home: string): void {
  const another = `another one!${ENTER}`;
  const rotate = type(
    home,
    ['secrets', 'rotate'],
    ['current passphrase: ', `open sesame!${ENTER}`],
    ['new passphrase (at least 12 bytes): ', another],
    ['again: ', another],
  );
  t.match(rotate, { code: 0, cooked: true });
  t.notMatch(rotate.shown, /sesame|another/);
  t.match(type(home, ['secrets', 'reset'], ['to go on: ', `reset${ENTER}`]), { code: 1, shown: /cancelled/ });
  t.equal(type(home, ['secrets', 'unlock'], [': ', another]).code, 0);

  const third = `a third one!${ENTER}`;
  const reset = type(home, ['secrets', 'reset'], ['to go on: ', `RESET${ENTER}`], [': ', third], ['again: ', third]);
  t.match(reset, { code: 0, cooked: true, shown: /type RESET to go on: RESET\n/ });
  t.equal(type(home, ['secrets', 'unlock'], [': ', third]).code, 0);
}

function rekeyed(t: Test, home: string): void {
  const { code, shown } = type(home, ['secrets', 'rekey']);
  t.equal(code, 0);
  t.match(shown, /\[#{24}\] {2}(\d+) of \1 {2}\d+\/s {2}0s left/);

  t.test('nobody is asked for a value that is refused whatever it is', async (t) => {
    const home = init(t);
    const before = (verb: string, ...rest: string[]) => type(home, ['secrets', 'set', verb, ...rest]);
    for (const verb of ['raw', 'password'])
      t.match(before(verb, 'a/b'), { code: 3, shown: /^error: the vault is locked/ });
    t.equal(type(home, ['secrets', 'unlock'], [': ', `open sesame!${ENTER}`]).code, 0);
    t.equal(type(home, ['secrets', 'set', 'raw', 'a/b'], [': ', `value${ENTER}`]).code, 0);
    for (const verb of ['raw', 'password']) {
      t.match(before(verb, 'a'), { code: 1, shown: /^error: a can't be set, because there is a\/b/ });
      t.match(before(verb, 'a/b', '--if-version', '7'), { code: 1, shown: /^error: / });
    }
  });
}
