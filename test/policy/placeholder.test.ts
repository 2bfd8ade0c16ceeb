import fc from 'fast-check';
import t from 'tap';
import { MARKER_END, MARKER_START, parseKeyName } from '../../lib/base/index.js';
import { placeholder, placeholderKeys, splitPlaceholders } from '../../lib/policy/compose/placeholder.js';

const key = parseKeyName('db/dsn');

t.test('splits a text at its placeholders', async (t) => {
  t.same(splitPlaceholders(''), []);
  t.same(splitPlaceholders('plain'), [{ text: 'plain' }]);
  t.same(splitPlaceholders(placeholder(key)), [{ key }]);
  t.same(splitPlaceholders(`a${placeholder(key)}${placeholder(key)}b`), [
    { text: 'a' },
    { key },
    { key },
    { text: 'b' },
  ]);
  t.same(placeholderKeys(`a${placeholder(key)}`), [key]);
});

t.test('markers out of order are no placeholders', async (t) => {
  for (const text of [
    MARKER_START,
    MARKER_END,
    `${MARKER_START}${MARKER_END}`,
    `${MARKER_END}a${MARKER_START}`,
    `${MARKER_START}a b${MARKER_END}`,
    `${MARKER_START}a`,
    `${MARKER_START}${MARKER_START}a${MARKER_END}${MARKER_END}`,
    `${MARKER_START}a${MARKER_END}${MARKER_END}`,
    // Overlapping: the key could end at either marker, or begin at either.
    `${MARKER_START}a__END_VIGO_SECRET${MARKER_END}`,
    `__VIGO_SECRET${MARKER_START}a${MARKER_END}`,
    `${MARKER_START}a${MARKER_END}VIGO_SECRET__`,
  ]) {
    t.equal(splitPlaceholders(text), undefined, text);
    t.same(placeholderKeys(text), [], text);
  }
});

t.test('what was split joins to the same text, whatever it is made of', async (t) => {
  const piece = fc.constantFrom(MARKER_START, MARKER_END, '__', '_', 'VIGO_SECRET', 'END_', 'a', '/', '.', ' ');
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (parts) => {
      const text = parts.join('');
      const pieces = splitPlaceholders(text);
      const joined = pieces?.map((part) => ('key' in part ? placeholder(part.key) : part.text)).join('');
      if (pieces !== undefined) t.equal(joined, text);
      else t.ok(text.includes(MARKER_START) || text.includes(MARKER_END), text);
    }),
    { numRuns: 500 },
  );
});
