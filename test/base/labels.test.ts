import t from 'tap';
import { formatLabels, parseLabels } from '../../lib/base/index.js';

const badLabel = { name: 'BaseError', code: 'bad_label' };

t.test('labels there and back, by name', async (t) => {
  const texts = ['site=berlin/2', 'a=B', 'net=2001:db8::/32', 'rack.row=r1-x_y@z+1'];
  t.strictSame(parseLabels(texts), { a: 'B', net: '2001:db8::/32', 'rack.row': 'r1-x_y@z+1', site: 'berlin/2' });
  t.same(formatLabels(parseLabels(texts)), [...texts].sort());
  t.strictSame(parseLabels([]), {});
  t.equal(parseLabels(['__proto=1'.slice(2)]).proto, '1');
});

t.test('what is no label', async (t) => {
  for (const text of [
    '',
    'a',
    'a=',
    '=b',
    'A=b',
    'a =b',
    'a=b c',
    '-a=b',
    'a-=b',
    '__proto__=x',
    'a==',
    'a=b=c',
    'a=ä',
    'a=\n',
    `${'a'.repeat(64)}=b`,
    `a=${'b'.repeat(129)}`,
  ]) {
    t.throws(() => parseLabels([text]), badLabel, text);
  }
  t.throws(() => parseLabels(['a=1', 'a=2']), badLabel, 'twice');
  const many = Array.from({ length: 33 }, (_, i) => `a${i}=1`);
  t.doesNotThrow(() => parseLabels(many.slice(1)));
  t.throws(() => parseLabels(many), badLabel, '33');
});
