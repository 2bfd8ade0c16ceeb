import fc from 'fast-check';
import t from 'tap';
import { type CanonicalField, CanonicalFields, decodeCanonical, encodeCanonical, toHex } from '../../lib/base/index.js';

const refused = { name: 'BaseError', code: 'bad_encoding' };
const TAG = 'vigo/test/v1';

const field: fc.Arbitrary<CanonicalField> = fc.oneof(fc.uint8Array(), fc.string({ unit: 'binary' }), fc.maxSafeNat());

/** Reads fields back as the types that they were written with. */
function readAs(types: readonly CanonicalField[], fields: CanonicalFields): CanonicalField[] {
  return types.map((type) => {
    if (typeof type === 'string') return fields.text();
    if (typeof type === 'number') return fields.number();
    return fields.bytes();
  });
}

t.test('the bytes are those of the format', async (t) => {
  const encoded = encodeCanonical('t', 'ab', Uint8Array.of(0xff), 258);
  t.equal(toHex(encoded), '0174' + '0003' + '000000026162' + '00000001ff' + '000000080000000000000102');
  t.equal(toHex(encodeCanonical('t')), '01740000');
});

t.test('decoding gives back what was encoded', async () => {
  fc.assert(
    fc.property(fc.array(field), (fields) => {
      const decoded = decodeCanonical(TAG, fields.length, encodeCanonical(TAG, ...fields));
      return fc.stringify(readAs(fields, decoded)) === fc.stringify(fields);
    }),
  );
});

t.test('what is accepted encodes back to the same bytes', async () => {
  const input = fc.tuple(fc.nat(2), fc.uint8Array({ maxLength: 12 }));
  fc.assert(
    fc.property(input, ([count, tail]) => {
      const bytes = Uint8Array.of(1, 0x74, 0, count, ...tail.map((byte) => byte % 4));
      let fields: CanonicalFields;
      try {
        fields = decodeCanonical('t', count, bytes);
      } catch {
        return true;
      }
      const again = encodeCanonical('t', ...Array.from({ length: count }, () => fields.bytes()));
      return toHex(again) === toHex(bytes);
    }),
    { numRuns: 2000 },
  );
});

t.test('every single-bit flip is refused or gives another value', async (t) => {
  const fields = ['text', Uint8Array.of(1, 2, 3), 77, ''];
  const encoded = encodeCanonical(TAG, ...fields);
  const outcomes = { refused: 0, other: 0 };
  for (let bit = 0; bit < encoded.length * 8; bit++) {
    const flipped = Uint8Array.from(encoded);
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    try {
      const read = readAs(fields, decodeCanonical(TAG, fields.length, flipped));
      t.notSame(read, fields, `bit ${bit}`);
      outcomes.other++;
    } catch (error) {
      t.match(error, refused, `bit ${bit}`);
      outcomes.refused++;
    }
  }
  t.ok(outcomes.other > 0 && outcomes.refused > 0);
});

t.test('every prefix and every longer text is refused', async (t) => {
  const encoded = encodeCanonical(TAG, 'text', 1);
  for (let length = 0; length < encoded.length; length++) {
    t.throws(() => decodeCanonical(TAG, 2, encoded.subarray(0, length)), refused, `${length} bytes`);
  }
  t.throws(() => decodeCanonical(TAG, 2, Uint8Array.from([...encoded, 0])), refused);
});

t.test('another tag, another count and another size are refused', async (t) => {
  const encoded = encodeCanonical(TAG, 'ab');
  for (const tag of ['vigo/test/v2', 'vigo/test/v', 'vigo/test/v11', '']) {
    t.throws(() => decodeCanonical(tag, 1, encoded), refused, tag);
  }
  for (const count of [0, 2]) t.throws(() => decodeCanonical(TAG, count, encoded), refused);
  t.throws(() => decodeCanonical(TAG, 1, encoded).bytes(3), refused);
  t.throws(() => decodeCanonical(TAG, 1, encoded).number(), refused);
  t.throws(() => decodeCanonical(TAG, 1, encodeCanonical(TAG, Uint8Array.of(0x80))).text(), refused);
  t.throws(() => new CanonicalFields([]).bytes(), refused);
});

t.test('moving bytes from one field to the next gives other bytes', async (t) => {
  const spellings = [
    encodeCanonical(TAG, 'ab', 'c'),
    encodeCanonical(TAG, 'a', 'bc'),
    encodeCanonical(TAG, 'abc', ''),
    encodeCanonical(TAG, 'abc'),
  ];
  t.equal(new Set(spellings.map(toHex)).size, spellings.length);
});

t.test('what has no encoding of its own is refused', async (t) => {
  t.throws(() => encodeCanonical('t'.repeat(256)), refused);
  for (const value of [-1, 0.5, 2 ** 53, Number.NaN]) t.throws(() => encodeCanonical(TAG, value), refused);
  t.throws(() => encodeCanonical(TAG, '\ud800'), refused, 'a lone surrogate would read as U+FFFD');
});
