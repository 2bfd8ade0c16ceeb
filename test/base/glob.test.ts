import fc from 'fast-check';
import t from 'tap';
import { globsOverlap, type HostGlob, matchesGlob, parseHostGlob, parseKeyGlob } from '../../lib/base/index.js';

/** The model: a regular expression, which may take exponential time and is right all the same. */
function model(glob: string, text: string): boolean {
  const pattern = glob.replaceAll('.', '\\.').replaceAll('*', '.*').replaceAll('?', '.');
  return new RegExp(`^${pattern}$`).test(text);
}

t.test('matches what a regular expression matches', async () => {
  const chars = (all: string) => fc.string({ unit: fc.constantFrom(...all), minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(chars('ab.*?-'), chars('ab.-'), (glob, text) => {
      return matchesGlob(parseHostGlob(glob), text) === model(glob, text);
    }),
    { numRuns: 20_000 },
  );
});

t.test('examples', async (t) => {
  for (const [glob, text, expected] of [
    ['*', '', true],
    ['*', 'web-1.example.org', true],
    ['web-*', 'web-', true],
    ['web-*', 'web', false],
    ['web-?', 'web-1', true],
    ['web-?', 'web-10', false],
    ['*.example.org', 'example.org', false],
    ['*.example.org', 'a.b.example.org', true],
    ['web.1', 'webx1', false],
    ['WEB-1', 'web-1', true],
    ['web-1', 'web-1.example.org', false],
  ] as const) {
    t.equal(matchesGlob(parseHostGlob(glob), text), expected, `${glob} on ${text}`);
  }
});

t.test('many stars take no exponential time', async (t) => {
  // The count of comparisons, not a clock: each reads one character of the pattern.
  let reads = 0;
  const stars = `${'*a'.repeat(100)}b`;
  const counted = new Proxy(Object(stars) as HostGlob, {
    get: (target, property) => {
      reads++;
      return Reflect.get(target, property);
    },
  });
  t.notOk(matchesGlob(counted, 'a'.repeat(253)));
  t.ok(reads > 0 && reads < 5 * stars.length * 253, `${reads} reads`);
});

t.test('what is no pattern is refused', async (t) => {
  for (const text of ['', 'a b', 'a/b', '[ab]', '{a,b}', '!a', 'a_b', 'é', '\u212a', 'a\n', '*'.repeat(254)]) {
    t.throws(() => parseHostGlob(text), { name: 'BaseError', code: 'bad_glob' }, JSON.stringify(text));
  }
});

t.test('patterns over key names: slashes are characters like others, and case counts', (t) => {
  const fits = (glob: string, name: string) => matchesGlob(parseKeyGlob(glob), name);
  t.ok(fits('vigo/*/dsn', 'vigo/db/dsn'));
  t.ok(fits('*dsn', 'vigo/db/dsn'));
  t.ok(fits('a_b?c', 'a_b/c'));
  t.notOk(fits('vigo/*', 'Vigo/db'));
  t.notOk(fits('dsn', 'vigo/db/dsn'));
  for (const bad of ['', 'a b', '[a]', 'ä', 'a'.repeat(1025)]) {
    t.throws(() => parseKeyGlob(bad), { code: 'bad_glob' }, bad.slice(0, 10));
  }
  t.end();
});

t.test('two patterns overlap where a text fits both', async (t) => {
  const texts = [''];
  for (let i = 0; i < 2 ** 8 - 1; i++) texts.push(`${texts[i]}a`, `${texts[i]}b`);
  const glob = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), minLength: 1, maxLength: 4 }).map(parseKeyGlob);
  fc.assert(
    fc.property(glob, glob, (a, b) => {
      const model = texts.some((text) => matchesGlob(a, text) && matchesGlob(b, text));
      return globsOverlap(a, b) === model && globsOverlap(b, a) === model;
    }),
    { numRuns: 3000 },
  );
  const long = [parseKeyGlob('*a'.repeat(500)), parseKeyGlob('*b'.repeat(500))] as const;
  t.equal(globsOverlap(...long), false, 'long ones take no time');
});
