import t from 'tap';
import { randomBytes, wipe } from '../../lib/crypto/index.js';

t.test('gives the length asked for, on either side of the pool and of one draw', async (t) => {
  for (const length of [0, 1, 12, 256, 257, 4096, 65_536, 65_537, 200_000]) t.equal(randomBytes(length).length, length);
});

t.test('never gives the same bytes twice', async (t) => {
  const seen = new Set<string>();
  // 12 bytes divide neither the pool nor a refill of it.
  for (let i = 0; i < 2000; i++) seen.add(Buffer.from(randomBytes(12)).toString('hex'));
  t.equal(seen.size, 2000);
});

t.test('the last bytes of a long draw are random too', async (t) => {
  t.notSame(randomBytes(200_000).subarray(-64), new Uint8Array(64));
});

t.test('every bit is as often set as not', async (t) => {
  const counts = new Array<number>(8).fill(0);
  for (let i = 0; i < 1000; i++) {
    for (const byte of randomBytes(64))
      for (let bit = 0; bit < 8; bit++) counts[bit] = (counts[bit] ?? 0) + ((byte >> bit) & 1);
  }
  // 64,000 throws: 1,500 off the mean is nearly twelve standard deviations.
  for (const count of counts) t.ok(Math.abs(count - 32_000) < 1500);
});

t.test("what is handed out is the caller's alone", async (t) => {
  const bytes = randomBytes(32);
  t.equal(bytes.buffer.byteLength, 32);
});

t.test('refuses a length that is none', async (t) => {
  for (const length of [-1, 1.5, Number.NaN, 2 ** 31]) t.throws(() => randomBytes(length), { code: 'bad_size' });
});

t.test('wipe overwrites every buffer', async (t) => {
  const [a, b] = [randomBytes(5), randomBytes(7)];
  wipe(a, b);
  t.same(a, new Uint8Array(5));
  t.same(b, new Uint8Array(7));
});
