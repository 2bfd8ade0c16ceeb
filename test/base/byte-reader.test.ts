import fc from 'fast-check';
import t from 'tap';
import { BaseError, ByteReader, concatBytes, u8, u16, u32, u64 } from '../../lib/base/index.js';

const refused = { name: 'BaseError', code: 'bad_encoding' };

t.test('integers are big endian, as DataView writes them', async (t) => {
  const view = new DataView(new ArrayBuffer(15));
  view.setUint8(0, 0xfe);
  view.setUint16(1, 0xfedc);
  view.setUint32(3, 0xfedcba98);
  view.setBigUint64(7, 0x1f_fedc_ba98_7654n);
  const bytes = concatBytes(u8(0xfe), u16(0xfedc), u32(0xfedcba98), u64(0x1f_fedc_ba98_7654));
  t.same(bytes, new Uint8Array(view.buffer));
});

t.test('reading gives back what was written', async () => {
  const record = fc.tuple(fc.nat(0xff), fc.nat(0xffff), fc.nat(0xffffffff), fc.maxSafeNat(), fc.uint8Array());
  fc.assert(
    fc.property(record, ([a, b, c, d, rest]) => {
      const reader = new ByteReader(concatBytes(u8(a), u16(b), u32(c), u64(d), rest));
      const read = [reader.u8(), reader.u16(), reader.u32(), reader.u64(), reader.rest()];
      reader.end();
      return fc.stringify(read) === fc.stringify([a, b, c, d, rest]);
    }),
  );
});

t.test('an integer that does not fit is refused', async (t) => {
  for (const [write, limit] of [
    [u8, 0xff],
    [u16, 0xffff],
    [u32, 0xffffffff],
    [u64, Number.MAX_SAFE_INTEGER],
  ] as const) {
    t.same(new Set(write(limit).slice(-1)), new Set([0xff]));
    for (const value of [limit + 1, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      t.throws(() => write(value), refused, `${write.name}(${value})`);
    }
  }
});

t.test('a counter of 2^53 or more is refused', async (t) => {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, 2n ** 53n);
  t.throws(() => new ByteReader(bytes).u64(), refused);
});

t.test('nothing is read past the end, and a refused read consumes nothing', async (t) => {
  const reads = ['u8', 'u16', 'u32', 'u64'] as const;
  for (const [i, size] of [1, 2, 4, 8].entries()) {
    const read = reads[i];
    if (read === undefined) throw new Error('one read per size');
    const reader = new ByteReader(new Uint8Array(size - 1));
    t.throws(() => reader[read](), refused);
    t.equal(reader.remaining, size - 1);
  }
  const reader = new ByteReader(new Uint8Array(3));
  t.throws(() => reader.bytes(4), refused);
  t.throws(() => reader.bytes(reader.remaining - 16), refused, 'no step back where a length is negative');
  t.equal(reader.offset, 0);
});

t.test('end refuses what is left', async (t) => {
  const reader = new ByteReader(new Uint8Array(2));
  t.throws(() => reader.end(), refused);
  reader.u16();
  reader.end();
});

t.test('reads a view in the middle of a larger buffer', async (t) => {
  const reader = new ByteReader(Uint8Array.of(9, 1, 2, 9).subarray(1, 3));
  t.equal(reader.u16(), 0x0102);
  t.throws(() => reader.u8(), BaseError);
});
