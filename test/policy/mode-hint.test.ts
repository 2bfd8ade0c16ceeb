import t from 'tap';
import { fileMode } from '../../lib/policy/types/grammar.js';

t.test('the hint for a mode of three digits is a mode that is accepted', (t) => {
  t.throws(() => fileMode('644'), { code: 'bad_value', hint: 'write "0644"' });
  t.doesNotThrow(() => fileMode('0644'));
  t.end();
});
