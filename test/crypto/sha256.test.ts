import { createHash } from 'node:crypto';
import t from 'tap';
import { fromHex, toHex } from '../../lib/base/index.js';
import { loadSha256, randomBytes } from '../../lib/crypto/index.js';
import { captureMemories } from './memories.js';
import { readVectors } from './vectors.js';

const copiesOf = captureMemories();
const sha256 = await loadSha256();

function nodeDigest(data: Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

t.test('NIST CAVP short and long messages', async (t) => {
  for (const { msg, md } of readVectors<{ msg: string; md: string }[]>('sha256-cavp')) {
    t.equal(toHex(sha256.digest(fromHex(msg))), md);
    t.equal(toHex(sha256.create().update(fromHex(msg)).digest()), md);
  }
});

t.test('NIST CAVP Monte Carlo: 100,000 digests in a chain', async (t) => {
  for (const { seed, md: checkpoints } of readVectors<{ seed: string; md: string[] }[]>('sha256-cavp-monte')) {
    let last = fromHex(seed);
    for (const checkpoint of checkpoints) {
      let [a, b, c] = [last, last, last];
      for (let i = 0; i < 1000; i++) [a, b, c] = [b, c, sha256.create().update(a).update(b).update(c).digest()];
      last = c;
      if (toHex(last) !== checkpoint) t.fail(`not ${checkpoint}`);
    }
    t.equal(toHex(last), checkpoints.at(-1));
  }
});

t.test("every length around the blocks and around the library's 16 KiB agrees with node:crypto", async (t) => {
  const data = randomBytes(40_000);
  const lengths = [...Array(200).keys(), 16_383, 16_384, 16_385, 32_768, 40_000];
  for (const length of lengths)
    t.equal(toHex(sha256.digest(data.subarray(0, length))), nodeDigest(data.subarray(0, length)));
});

t.test('any split of the data gives the same digest as the whole', async (t) => {
  for (let round = 0; round < 100; round++) {
    const data = randomBytes(1 + Math.floor(Math.random() * 40_000));
    const stream = sha256.create();
    for (let at = 0; at < data.length; ) {
      const step = Math.floor(Math.random() * (round % 2 === 0 ? 130 : 20_000));
      stream.update(data.subarray(at, at + step));
      at += step;
    }
    t.same(stream.digest(), sha256.digest(data));
  }
});

t.test('streams and one-shot digests that interleave do not disturb each other', async (t) => {
  const parts = Array.from({ length: 50 }, (_, i) => randomBytes(i * 7));
  const streams = [sha256.create(), sha256.create(), sha256.create()];
  for (const part of parts) {
    for (const stream of streams) stream.update(part);
    t.equal(toHex(sha256.digest(part)), nodeDigest(part));
    sha256.create().update(part); // given up half-way
  }
  for (const stream of streams) t.equal(toHex(stream.digest()), nodeDigest(Buffer.concat(parts)));
});

t.test('a stream without any data is the digest of nothing', async (t) => {
  t.same(sha256.create().digest(), sha256.digest(new Uint8Array(0)));
});

t.test('a result stays what it was while others follow', async (t) => {
  const data = randomBytes(100);
  const digest = sha256.digest(data);
  sha256.digest(randomBytes(100));
  t.equal(toHex(digest), nodeDigest(data));
});

t.test('a stream ends with its digest', async (t) => {
  const stream = sha256.create().update(randomBytes(3));
  stream.digest();
  t.throws(() => stream.digest(), { code: 'disposed' });
  t.throws(() => stream.update(randomBytes(3)), { code: 'disposed' });
});

t.test('digestSecret gives the same digest and leaves nothing of the data, nor the digest', async (t) => {
  for (const length of [32, 47, 64, 300, 16_384, 40_000]) {
    const data = randomBytes(length);
    t.same(sha256.digest(data), sha256.digestSecret(data));
    for (const part of [data.subarray(0, 16), data.subarray(-16), sha256.digestSecret(data)])
      t.equal(copiesOf(part), 0);
    sha256.digest(data);
    t.equal(copiesOf(data.subarray(-16)), 1, 'the plain digest leaves it, so the test can see it');
  }
});

t.test('text is refused', async (t) => {
  t.throws(() => sha256.digest('abc' as unknown as Uint8Array), { code: 'bad_size' });
  t.throws(() => sha256.create().update('abc' as unknown as Uint8Array), { code: 'bad_size' });
});
