import { existsSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { DIST } from './shell.js';
import { noTerminal, runOnTerminal, type Session, type Typed } from './terminal.js';

const ENTER = '\r';
const PASSPHRASE = `a long passphrase${ENTER}`;

if (noTerminal !== undefined) t.plan(0, noTerminal);
else {
  t.test('a backup on a terminal', async (t) => {
    const dir = t.testdir();
    const home = join(dir, 'home');
    const archive = join(dir, 'backup');
    const type = (args: readonly string[], ...typed: Typed): Session =>
      runOnTerminal([process.execPath, join(DIST, 'vigocli.mjs'), ...args], { VIGO_HOME: home }, typed);
    t.equal(type(['secrets', 'init'], [': ', `sesame sesame${ENTER}`], ['again: ', `sesame sesame${ENTER}`]).code, 0);

    t.match(type(['backup', archive]), { code: 3, shown: /the vault is locked/ }, 'before anything is asked');
    t.equal(type(['secrets', 'unlock'], [': ', `sesame sesame${ENTER}`]).code, 0);
    t.match(type(['backup', '-']), { code: 2, shown: /not written to a terminal/ });
    const differing = type(['backup', archive], [': ', PASSPHRASE], ['again: ', `another one!, longer${ENTER}`]);
    t.match(differing, { code: 1, cooked: true, shown: /the two entries differ/ });
    t.match(type(['backup', archive], [': ', `short${ENTER}`], ['again: ', `short${ENTER}`]), { code: 1 });
    t.notOk(existsSync(archive));

    const made = type(
      ['backup', archive],
      ["backup's passphrase (at least 12 bytes): ", PASSPHRASE],
      ['again: ', PASSPHRASE],
    );
    t.match(made, { code: 0, cooked: true, shown: /\[#+-*\] .* of \d+/ });
    t.notMatch(made.shown, /a long passphrase/);
    t.match(type(['backup', 'verify', archive], [': ', `another one!, longer${ENTER}`]), {
      code: 3,
      shown: /this is not the passphrase of the backup/,
    });
    const verified = type(['backup', 'verify', archive], ["backup's passphrase: ", PASSPHRASE]);
    t.match(verified, { code: 0, shown: /every one opens/ });
    t.notMatch(verified.shown, /\].*backup's passphrase/, 'no bar stands where the passphrase is asked for');
    t.match(type(['backup', 'verify', '-']), { code: 2, shown: /not typed/ });
    const other = join(dir, 'other');
    t.match(type(['restore', archive, '--home', other], [': ', PASSPHRASE]), { code: 0, cooked: true });
    t.ok(existsSync(join(other, 'secrets', '.master.key')));
  });
}
