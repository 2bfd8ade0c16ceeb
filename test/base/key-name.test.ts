import fc from 'fast-check';
import t from 'tap';
import { isKeyName, isReservedKey, MARKER_END, MARKER_START, parseKeyName } from '../../lib/base/index.js';

const refused = { name: 'BaseError', code: 'bad_key_name' };

const good = [
  'a',
  'vigo/db/dsn',
  'A-Z/a.b/0_9',
  '-',
  '_',
  '__',
  '-rf',
  'a..b',
  'a/b/c/d/e/f/g/h',
  'vigo_secret',
  'END_SECRET',
  'a_',
  's'.repeat(200),
  `${'s'.repeat(200)}/`.repeat(5).slice(0, -1),
  'a/'.repeat(512).slice(0, -1),
];

const bad: Readonly<Record<string, string>> = {
  '': 'empty',
  '/a': 'begins with a slash',
  'a/': 'ends in a slash',
  'a//b': 'an empty segment',
  '.': 'this folder',
  '..': 'the folder above',
  'a/../b': 'out of the folder',
  'a/./b': 'a segment of one dot',
  '.hidden': 'begins with a dot',
  'a/.versions': 'a segment begins with a dot',
  'a.': 'ends in a dot',
  'a./b': 'a segment ends in a dot',
  'a b': 'a space',
  'a\nb': 'a line break',
  'a\n': 'a line break at the end',
  'a\0b': 'a zero',
  'a\\b': 'a backslash',
  'a:b': 'a colon',
  'a@1': 'what an earlier version is called',
  'a*': 'a glob',
  'a%2fb': 'a percent sign',
  é: 'a letter outside ASCII',
  'e\u0301': 'a combining accent',
  ａ: 'a full-width letter',
  '\u212a': 'the Kelvin sign',
  '🔑': 'outside the first plane',
  '\ud800': 'a lone surrogate',
  [MARKER_START]: 'a marker',
  [`a${MARKER_START}b`]: 'a marker inside',
  [`a${MARKER_END}`]: 'a marker at the end',
  [`a/${MARKER_END}/b`]: 'a marker in a segment',
  a__END_VIGO_SECRET: 'with what follows it, a marker that ends after the a',
  VIGO_SECRET: 'with what stands around it, a second marker',
  END_VIGO_SECRET: 'with what stands around it, a marker that ends before it',
  __VIGO_SECRET: 'with what follows it, a second marker',
  VIGO_SECRET__a: 'with what precedes it, a second marker',
  END_VIGO_SECRET__: 'with what precedes it, a marker that ends before it',
  ['s'.repeat(201)]: 'a segment of 201',
  ['a/'.repeat(513).slice(0, -1)]: '1,025 together',
};

t.test('good names', async (t) => {
  for (const name of good) {
    t.equal(parseKeyName(name), name);
    t.ok(isKeyName(name));
  }
});

t.test('bad names', async (t) => {
  for (const [name, why] of Object.entries(bad)) {
    t.throws(() => parseKeyName(name), refused, why);
    t.notOk(isKeyName(name), why);
  }
});

t.test('a name stays below the folder, and its placeholder is read as that name alone', async () => {
  const piece = fc.constantFrom('a', '.', '/', '_', '__', 'VIGO_SECRET', 'END_VIGO_SECRET', '-', '\\', '\0', ' ');
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      const name = pieces.join('');
      if (!isKeyName(name)) return true;
      const placeholder = MARKER_START + name + MARKER_END;
      const url = new URL(name, 'file:///secrets/');
      return (
        placeholder.split(MARKER_START).join('').split(MARKER_END).join('') === name &&
        url.pathname === `/secrets/${name}`
      );
    }),
    { numRuns: 5000 },
  );
});

t.test('an error does not repeat a text without end', async (t) => {
  try {
    parseKeyName('s'.repeat(1_000_000));
    t.fail();
  } catch (error) {
    t.ok(error instanceof Error && error.message.length < 1000);
  }
});

t.test('reserved keys', async (t) => {
  for (const key of ['vigo/web/auth/dan', 'vigo/server/policy']) t.ok(isReservedKey(parseKeyName(key)), key);
  for (const key of ['vigo/web/authors', 'vigo/db/dsn', 'web/auth/dan', 'vigo/os-users/dan']) {
    t.notOk(isReservedKey(parseKeyName(key)), key);
  }
});
