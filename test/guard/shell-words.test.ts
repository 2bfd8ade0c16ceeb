import fc from 'fast-check';
import t from 'tap';
import { simpleCommands } from '../../lib/guard/shell-words.js';

t.test('quotes, separators and substitutions', async (t) => {
  t.same(simpleCommands(`a 'b c' "d e"f g\\ h`), [['a', 'b c', 'd ef', 'g h']]);
  t.same(simpleCommands('a; b && c | d\ne'), [['a'], ['b'], ['c'], ['d'], ['e']]);
  t.same(simpleCommands('a $(b c) `d`'), [['a', '$'], ['b', 'c'], ['d']]);
  t.same(simpleCommands('a >b 2>&1'), [['a', '>', 'b', '2', '>'], ['1']]);
  t.same(simpleCommands(`a '' ""`), [['a', '', '']]);
  t.same(simpleCommands('a # b\nc#d'), [['a'], ['c#d']]);
  t.same(simpleCommands('a \\\n b'), [['a', 'b']]);
  t.same(simpleCommands(''), []);
});

t.test('words in single quotes come back as they are', async () => {
  const word = fc.string({ unit: 'grapheme', maxLength: 12 }).filter((text) => !text.includes("'"));
  fc.assert(
    fc.property(fc.array(word, { minLength: 1 }), (words) => {
      t.same(simpleCommands(words.map((text) => `'${text}'`).join(' ')), [words]);
    }),
    { numRuns: 50 },
  );
});

t.test('any text gives commands with words', async () => {
  const script = fc.string({ maxLength: 200 });
  fc.assert(fc.property(script, (text) => simpleCommands(text).every((words) => words.length > 0)));
});
