import t from 'tap';
import { utf8 } from '../../lib/base/index.js';
import { demandStrongPassword } from '../../lib/vault/secrets/password-rule.js';

t.test('twelve characters of all four classes', (t) => {
  for (const password of ['Abcdefghij1!', 'aB3 aB3 aB3 ', 'Äbcdefghijk1A']) demandStrongPassword(utf8(password));
  for (const password of [
    '',
    'Abcdefghi1!', // eleven
    'Abcdéfghi1!', // eleven characters of twelve bytes
    'abcdefghij1!',
    'ABCDEFGHIJ1!',
    'Abcdefghijk!',
    'Abcdefghijk1',
  ]) {
    t.throws(() => demandStrongPassword(utf8(password)), { code: 'weak_password' }, password);
  }
  t.end();
});
