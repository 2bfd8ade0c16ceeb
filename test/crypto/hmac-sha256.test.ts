import { createHmac, hkdfSync } from 'node:crypto';
import t from 'tap';
import { fromHex, toHex } from '../../lib/base/index.js';
import { loadHmacSha256, loadSha256, randomBytes } from '../../lib/crypto/index.js';
import { captureMemories } from './memories.js';
import { readVectors } from './vectors.js';

const copiesOf = captureMemories();
const hmac = await loadHmacSha256();

t.test('RFC 4231', async (t) => {
  for (const { key, msg, md } of readVectors<{ key: string; msg: string; md: string }[]>('hmac-rfc4231')) {
    t.equal(toHex(hmac.mac(fromHex(key), fromHex(msg))), md);
  }
});

t.test('every length of key and of data around a block agrees with node:crypto', async (t) => {
  const bytes = randomBytes(300);
  for (let length = 0; length <= 300; length += length > 140 ? 40 : 1) {
    const part = bytes.subarray(0, length);
    t.equal(toHex(hmac.mac(part, bytes)), createHmac('sha256', part).update(bytes).digest('hex'));
    t.equal(toHex(hmac.mac(bytes, part)), createHmac('sha256', bytes).update(part).digest('hex'));
  }
});

t.test('RFC 5869', async (t) => {
  type Vector = { ikm: string; salt: string; info: string; prk: string; okm: string };
  for (const { ikm, salt, info, prk, okm } of readVectors<Vector[]>('hkdf-rfc5869')) {
    const input = { secret: fromHex(ikm), salt: fromHex(salt), info: fromHex(info) };
    t.equal(toHex(hmac.deriveKey(input, okm.length / 2)), okm);
    t.equal(toHex(hmac.mac(input.salt, input.secret)), prk);
  }
});

t.test('HKDF agrees with node:crypto at every number of blocks', async (t) => {
  const [secret, salt, info] = [randomBytes(100), randomBytes(80), randomBytes(70)];
  for (const bytes of [1, 31, 32, 33, 64, 1000, 8160]) {
    const expected = Buffer.from(hkdfSync('sha256', secret, salt, info, bytes)).toString('hex');
    t.equal(toHex(hmac.deriveKey({ secret, salt, info }, bytes)), expected);
  }
});

t.test('no salt is a salt of zeros', async (t) => {
  const [secret, info] = [randomBytes(32), randomBytes(8)];
  t.same(hmac.deriveKey({ secret, info }, 32), hmac.deriveKey({ secret, salt: new Uint8Array(32), info }, 32));
});

t.test("neither key nor result stays in the module's memory, not even one word of the padded key", async (t) => {
  const [key, data] = [randomBytes(32), randomBytes(100)];
  const mac = hmac.mac(key, data);
  const derived = hmac.deriveKey({ secret: key, salt: data, info: data }, 64);
  for (const secret of [key, mac, derived.subarray(0, 32), derived.subarray(32)]) {
    for (const mask of [0, 0x36, 0x5c]) {
      const masked = secret.map((byte) => byte ^ mask);
      for (let at = 0; at < 32; at += 4) {
        const word = masked.slice(at, at + 4);
        t.equal(copiesOf(word), 0);
        t.equal(copiesOf(word.reverse()), 0);
      }
    }
  }
  (await loadSha256()).digest(key);
  t.equal(copiesOf(key), 1, 'a plain digest leaves it, so the test can see it');
});

t.test('bounds', async (t) => {
  const bytes = randomBytes(32);
  for (const count of [0, 8161, 1.5]) {
    t.throws(() => hmac.deriveKey({ secret: bytes, info: bytes }, count), { code: 'bad_size' });
  }
  t.throws(() => hmac.mac('key' as unknown as Uint8Array, bytes), { code: 'bad_size' });
  t.throws(() => hmac.mac(bytes, 'data' as unknown as Uint8Array), { code: 'bad_size' });
});
