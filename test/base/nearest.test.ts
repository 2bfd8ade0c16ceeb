import t from 'tap';
import { nearest } from '../../lib/base/index.js';

const VERBS = ['init', 'unlock', 'lock', 'reveal', 'rollback', 'list', 'mv'];

for (const [typed, meant] of Object.entries({
  lits: 'list', // swapped
  lst: 'list', // missing
  listt: 'list', // added
  lisd: 'list', // replaced
  revael: 'reveal',
  rolback: 'rollback',
  unlokc: 'unlock',
  loc: 'lock',
  mb: 'mv',
})) {
  t.equal(nearest(typed, VERBS), meant, typed);
}

t.test('what is too far off is nothing', async (t) => {
  for (const typed of ['bogus', 'x', '', 'secrets', 'l']) t.equal(nearest(typed, VERBS), undefined, typed);
  t.equal(nearest('a', []), undefined);
});

t.test('the nearer one wins, and of two as near the first', async (t) => {
  t.equal(nearest('abcdef', ['abcdxx', 'abcdex']), 'abcdex');
  t.equal(nearest('db/dsn', ['db/dso', 'db/dsm']), 'db/dso');
});
