import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import t from 'tap';
import { canonicalJson, type Json, parseCanonicalJson, toHex, utf8 } from '../../lib/base/index.js';

const refused = { name: 'BaseError', code: 'bad_encoding' };

interface Rfc8785 {
  readonly example: { readonly input: string; readonly utf8: string };
  readonly sorting: { readonly input: string; readonly values: readonly string[] };
  readonly numbers: readonly { readonly ieee754: string; readonly json: string }[];
  readonly notNumbers: readonly string[];
}

const rfc = JSON.parse(readFileSync(new URL('../vectors/base/rfc8785.json', import.meta.url), 'utf8')) as Rfc8785;

t.test('RFC 8785 sections 3.2.2 to 3.2.4: the example', async (t) => {
  t.equal(toHex(utf8(canonicalJson(JSON.parse(rfc.example.input) as Json))), rfc.example.utf8);
});

t.test('RFC 8785 section 3.2.3: members in the order of UTF-16 code units', async (t) => {
  const canonical = canonicalJson(JSON.parse(rfc.sorting.input) as Json);
  const places = rfc.sorting.values.map((value) => canonical.indexOf(JSON.stringify(value)));
  t.ok(places.every((place) => place > 0));
  t.same(
    places,
    places.toSorted((a, b) => a - b),
  );
});

t.test('RFC 8785 appendix B: numbers', async (t) => {
  for (const { ieee754, json } of rfc.numbers) t.equal(canonicalJson(double(ieee754)), json, ieee754);
  for (const ieee754 of rfc.notNumbers) t.throws(() => canonicalJson(double(ieee754)), refused, ieee754);
});

t.test('parsing gives back what was written', async () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
      const json = canonicalJson(value as Json);
      return canonicalJson(parseCanonicalJson(json)) === json && json === canonicalJson(JSON.parse(json) as Json);
    }),
  );
});

t.test('the order in which members were added does not show', async () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string({ unit: 'binary' }), fc.integer()), (members) => {
      const turned = Object.fromEntries(Object.entries(members).reverse());
      return canonicalJson(members) === canonicalJson(turned);
    }),
  );
});

t.test('a second spelling is refused', async (t) => {
  for (const text of [
    ' 1',
    '1\n',
    '[1, 2]',
    '{"b":1,"a":2}',
    '{"a":1,"a":1}',
    '{"a":1,"\\u0061":1}',
    '1.0',
    '1e0',
    '1E30',
    '-0',
    '1e400',
    '9007199254740993',
    '"\\u0061"',
    '"\\/"',
    '"\\u000A"',
    '"\\u001F"',
    '"\\ud800"',
    '"\u0000"',
    '\ufeff1',
    '',
    'undefined',
    '{"a":1}x',
    '{"a":1',
    "{'a':1}",
  ]) {
    t.throws(() => parseCanonicalJson(text), refused, JSON.stringify(text));
  }
});

t.test('every single-bit flip is refused or gives another value', async (t) => {
  const text = '{"a":[1,"b",null],"c":{"d":true}}';
  for (let bit = 0; bit < text.length * 7; bit++) {
    const place = Math.floor(bit / 7);
    const flipped = String.fromCharCode(text.charCodeAt(place) ^ (1 << (bit % 7)));
    const altered = text.slice(0, place) + flipped + text.slice(place + 1);
    try {
      t.notSame(parseCanonicalJson(altered), JSON.parse(text), altered);
    } catch (error) {
      t.match(error, refused, altered);
    }
  }
});

t.test('what JSON can not hold is refused', async (t) => {
  const holes: Json[] = [1];
  holes[2] = 3;
  for (const value of [undefined, () => 1, Symbol('a'), 1n, { a: undefined }, [undefined], holes, '\ud800']) {
    t.throws(() => canonicalJson(value as Json), refused);
  }
  t.throws(() => canonicalJson({ '\udc00': 1 }), refused, 'in the name of a member too');
});

t.test('a member named __proto__ is a member', async (t) => {
  const text = '{"__proto__":{"a":1},"b":2}';
  t.equal(canonicalJson(parseCanonicalJson(text)), text);
});

t.test('hostile depth is refused and exhausts nothing', async (t) => {
  const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
  t.equal(canonicalJson(parseCanonicalJson(nested(100))), nested(100));
  for (const levels of [102, 100_000]) t.throws(() => parseCanonicalJson(nested(levels)), refused);
});

function double(ieee754: string): number {
  return Buffer.from(ieee754, 'hex').readDoubleBE();
}
