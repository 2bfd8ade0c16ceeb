import t from 'tap';
import { constantTimeEqual, randomBytes } from '../../lib/crypto/index.js';

t.test('equal bytes are equal, each flipped bit makes them unequal', async (t) => {
  const a = randomBytes(32);
  t.equal(constantTimeEqual(a, a.slice()), true);
  for (let bit = 0; bit < 256; bit++) {
    const b = a.slice();
    b[bit >> 3] = (b[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    t.equal(constantTimeEqual(a, b), false);
  }
});

t.test('another length is unequal, nothing equals nothing', async (t) => {
  t.equal(constantTimeEqual(new Uint8Array(4), new Uint8Array(5)), false);
  t.equal(constantTimeEqual(new Uint8Array(0), new Uint8Array(0)), true);
});

t.test('text is refused, not compared', async (t) => {
  t.throws(() => constantTimeEqual('secret' as unknown as Uint8Array, randomBytes(6)), { code: 'bad_size' });
});
