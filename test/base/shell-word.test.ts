import { spawnSync } from 'node:child_process';
import t from 'tap';
import { shellWord } from '../../lib/base/index.js';

t.test('a shell takes a word as it is', async (t) => {
  const words = [
    '$(id).vgo',
    "it's",
    '`id`',
    'a b',
    'a;b',
    '~',
    '*',
    '',
    '!!',
    '\\',
    '"',
    'größe',
    'a\nb',
    '#',
    'a=b',
    '&',
  ];
  for (const shell of ['sh', 'bash']) {
    const { stdout } = spawnSync(shell, ['-c', `printf '%s\\0' ${words.map(shellWord).join(' ')}`], {
      encoding: 'utf8',
    });
    t.same(stdout.split('\0').slice(0, -1), words, shell);
  }
  t.equal(shellWord('/srv/vigo/secrets/.master.key'), '/srv/vigo/secrets/.master.key');
});
