import fc from 'fast-check';
import t from 'tap';
import {
  concatBytes,
  equalBytes,
  fromBase64Url,
  fromHex,
  fromUtf8,
  toBase64Url,
  toHex,
  utf8,
} from '../../lib/base/index.js';

const refused = { name: 'BaseError', code: 'bad_encoding' };

t.test('RFC 4648 section 10', async (t) => {
  const vectors = { '': '', f: '66', fo: '666f', foo: '666f6f', foob: '666f6f62', fooba: '666f6f6261' };
  for (const [text, hex] of Object.entries(vectors)) {
    t.equal(toHex(utf8(text)), hex);
    t.equal(toBase64Url(utf8(text)), Buffer.from(text).toString('base64url'));
  }
  t.equal(toBase64Url(Uint8Array.of(0xfb, 0xff)), '-_8', 'the alphabet of section 5, without padding');
});

t.test('decoding gives back what was encoded', async () => {
  fc.assert(fc.property(fc.uint8Array(), (bytes) => equalBytes(fromHex(toHex(bytes)), bytes)));
  fc.assert(fc.property(fc.uint8Array(), (bytes) => equalBytes(fromBase64Url(toBase64Url(bytes)), bytes)));
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => fromUtf8(utf8(text)) === text));
});

t.test('each value has one spelling', async (t) => {
  for (const text of ['0', 'AB', '0x', 'g0', ' 00', '00\n']) t.throws(() => fromHex(text), refused, text);
  // AB carries bits that no byte holds.
  for (const text of ['+/8', 'AA==', 'A A', 'AA\n', 'A', 'AB', 'AAAA=']) {
    t.throws(() => fromBase64Url(text), refused, text);
  }
});

t.test('bytes that are not UTF-8 are refused', async (t) => {
  for (const hex of ['80', 'c0af', 'eda080', 'f4908080', 'e282', 'ff']) {
    t.throws(() => fromUtf8(fromHex(hex)), refused, hex);
  }
});

t.test('a lone surrogate is refused, not replaced', async (t) => {
  for (const text of ['\ud800', 'a\udc00', '\udc00\ud800']) t.throws(() => utf8(text), refused);
});

t.test('a byte order mark is text like any other', async (t) => {
  t.same(utf8('\ufeffa'), fromHex('efbbbf61'));
  t.equal(fromUtf8(fromHex('efbbbf61')), '\ufeffa');
});

t.test('hexadecimal of many bytes', async (t) => {
  t.equal(fromHex('ab'.repeat(4_000_000)).length, 4_000_000);
});

t.test('views are taken as they are, not with the buffer around them', async (t) => {
  const view = Uint8Array.of(1, 2, 3, 4).subarray(1, 3);
  t.equal(toHex(view), '0203');
  t.equal(toBase64Url(view), 'AgM');
  t.same(concatBytes(view, new Uint8Array(), view), Uint8Array.of(2, 3, 2, 3));
  t.ok(equalBytes(view, Uint8Array.of(2, 3)));
});

t.test('equality is of every byte and of the length', async (t) => {
  t.notOk(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 3)));
  t.notOk(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2, 0)));
  t.ok(equalBytes(new Uint8Array(), new Uint8Array()));
});
