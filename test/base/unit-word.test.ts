import t from 'tap';
import { unitCommand, unitWord } from '../../lib/base/index.js';

t.test('words of a unit', async (t) => {
  for (const [text, word] of [
    ['/usr/bin/node', '/usr/bin/node'],
    ['/srv/100%', '/srv/100%%'],
    ['/srv/$HOME', '/srv/$HOME'],
    ['/srv/my server', '"/srv/my server"'],
    ['/srv/a"b', '"/srv/a\\"b"'],
    ['/srv/a\\b', '"/srv/a\\\\b"'],
    ['a;b', '"a;b"'],
  ] as const) {
    t.equal(unitWord(text), word);
  }
});

t.test('a command line, in which a dollar would begin a variable', async (t) => {
  t.equal(unitCommand(['/usr/bin/node', '/srv/$HOME/a b', '$$']), '/usr/bin/node "/srv/$$HOME/a b" $$$$');
});
