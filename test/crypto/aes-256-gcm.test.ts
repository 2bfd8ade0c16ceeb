import { randomBytes } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import t from 'tap';
import {
  type Aes256Gcm,
  type Aes256GcmKey,
  loadAes256Gcm,
  makeAes256Gcm,
  SEAL_OVERHEAD_BYTES,
} from '../../lib/crypto/aes/aes-256-gcm.js';
import type { Kernel } from '../../lib/crypto/aes/kernel.js';
import { kernelBuilds, sealByNode, secretsIn, withBitTurned } from './kernels.js';

const aes = await loadAes256Gcm();
const none: Uint8Array = new Uint8Array(0);

t.test('what seal gives, node:crypto gives under the same nonce', async (t) => {
  const secret = randomBytes(32);
  const key = aes.importKey(secret);
  for (const length of [0, 1, 64, 1000, 100_000]) {
    const plaintext = randomBytes(length);
    const aad = randomBytes(length % 201);
    const sealed = key.seal(plaintext, aad);
    t.ok(sealByNode(secret, sealed.subarray(0, 12), plaintext, aad).equals(sealed));
    t.ok(plaintext.equals(key.open(sealed, aad)));
  }
  key.dispose();
});

t.test('into a buffer of the caller: the same bytes at its start, and none behind', async (t) => {
  const secret = randomBytes(32);
  const key = aes.importKey(secret);
  const aad = randomBytes(40);
  for (const length of [0, 1, 64, 1000, 100_000]) {
    const plaintext = randomBytes(length);
    const output = new Uint8Array(length + SEAL_OVERHEAD_BYTES + 10).fill(7);
    t.equal(key.sealInto(plaintext, aad, output), length + SEAL_OVERHEAD_BYTES);
    const sealed = output.subarray(0, length + SEAL_OVERHEAD_BYTES);
    t.ok(sealByNode(secret, sealed.subarray(0, 12), plaintext, aad).equals(sealed));
    const opened = new Uint8Array(length + 10).fill(7);
    t.equal(key.openInto(sealed, aad, opened), length);
    t.ok(plaintext.equals(opened.subarray(0, length)));
    for (const end of [output, opened]) t.ok(end.subarray(-10).every((byte) => byte === 7));
  }
});

t.test('input and output may be the same memory, shifted by any distance, also where it is shared', async (t) => {
  const key = aes.importKey(randomBytes(32));
  for (const length of [50, 40_000]) {
    const plaintext = randomBytes(length);
    for (const Memory of [ArrayBuffer, SharedArrayBuffer]) {
      const memory = new Memory(length + 100);
      // Two buffers of shared memory can be the same memory under two names.
      const other = Memory === SharedArrayBuffer ? structuredClone(memory) : memory;
      for (const [from, to] of [
        [0, 0],
        [12, 0],
        [40, 3],
        [0, 40],
        [3, 4],
      ] as const) {
        const text = new Uint8Array(memory, from, length);
        const sealed = new Uint8Array(other, to, length + SEAL_OVERHEAD_BYTES);
        text.set(plaintext);
        key.sealInto(text, text.subarray(0, 20), sealed);
        t.ok(plaintext.equals(key.open(sealed, plaintext.subarray(0, 20))));
        key.openInto(sealed, plaintext.subarray(0, 20), text);
        t.ok(plaintext.equals(text));
      }
    }
  }
});

t.test('outputs that are too small or gone are refused, and nothing is written or counted', async (t) => {
  const key = makeAes256Gcm((kernelBuilds()[0] as { start: () => Kernel }).start(), aes.kernel, 2).importKey(
    randomBytes(32),
  );
  const sealed = key.seal(randomBytes(10), none);
  const badSize = { name: 'CryptoError', code: 'bad_size' };
  const gone = new Uint8Array(38);
  structuredClone(gone.buffer, { transfer: [gone.buffer] });
  const small = new Uint8Array(9);
  for (const output of [small, none, gone]) {
    t.throws(() => key.sealInto(new Uint8Array(10), none, output), badSize);
    t.throws(() => key.openInto(sealed, none, output), badSize);
  }
  t.ok(small.every((byte) => byte === 0));
  t.equal(key.sealInto(none, none, new Uint8Array(28)), 28);
  t.throws(() => key.sealInto(none, none, new Uint8Array(28)), { name: 'CryptoError', code: 'limit' });
});

t.test('a refusal writes nothing', async (t) => {
  const key = aes.importKey(randomBytes(32));
  for (const length of [10, 40_000]) {
    const sealed = withBitTurned(key.seal(randomBytes(length), none), length);
    const output = new Uint8Array(length).fill(7);
    t.throws(() => key.openInto(sealed, none, output), { name: 'CryptoError', code: 'forged' });
    t.throws(() => key.openInto(none, none, output), { name: 'CryptoError', code: 'forged' });
    t.ok(output.every((byte) => byte === 7));
  }
});

t.test('a length that an object claims is not asked for', async (t) => {
  const claiming = new Uint8Array(64).fill(7);
  let looks = 0;
  Object.defineProperty(claiming, 'length', { get: () => (looks++ < 100 ? 20 : 64) });
  const key = aes.importKey(randomBytes(32));
  t.same(key.open(key.seal(claiming, none), none), new Uint8Array(64).fill(7));
  t.equal(looks, 0);
});

t.test('a nonce never comes twice', async (t) => {
  const key = aes.importKey(randomBytes(32));
  const nonces = Array.from({ length: 20_000 }, () =>
    Buffer.from(key.seal(none, none).subarray(0, 12)).toString('hex'),
  );
  t.equal(new Set(nonces).size, nonces.length);
});

t.test('the key is copied: the original can be wiped', async (t) => {
  const secret = randomBytes(32);
  const key = aes.importKey(secret);
  const sealed = key.seal(none, none);
  secret.fill(0);
  t.equal(key.open(sealed, none).length, 0);
  t.not(Buffer.from(key.seal(none, none)).toString('hex'), Buffer.from(sealed).toString('hex'));
});

t.test('keys are apart, and the associated data count', async (t) => {
  const [one, other] = [aes.importKey(randomBytes(32)), aes.importKey(randomBytes(32))];
  const sealed = one.seal(randomBytes(10), randomBytes(3));
  const forged = { name: 'CryptoError', code: 'forged' };
  t.throws(() => other.open(sealed, none), forged);
  t.throws(() => one.open(sealed, none), forged);
  t.throws(() => one.open(none, none), forged);
});

t.test('a disposed key does nothing more, and can be disposed again', async (t) => {
  const key = aes.importKey(randomBytes(32));
  const sealed = key.seal(none, none);
  key.dispose();
  key.dispose();
  t.throws(() => key.seal(none, none), { name: 'CryptoError', code: 'disposed' });
  t.throws(() => key.open(sealed, none), { name: 'CryptoError', code: 'disposed' });
});

t.test('keys of other sizes and what are no bytes are refused', async (t) => {
  const badSize = { name: 'CryptoError', code: 'bad_size' };
  for (const length of [0, 16, 24, 31, 33, 64]) t.throws(() => aes.importKey(new Uint8Array(length)), badSize);
  const text = 'x'.repeat(32) as unknown as Uint8Array;
  t.throws(() => aes.importKey(text), badSize);
  const key = aes.importKey(randomBytes(32));
  t.throws(() => key.seal(text, none), badSize);
  t.throws(() => key.seal(none, text), badSize);
  t.throws(() => key.open(text, none), badSize);
  t.throws(() => key.open(key.seal(none, none), undefined as unknown as Uint8Array), badSize);
});

function useKeys(gcm: Aes256Gcm, count: number): Aes256GcmKey[] {
  const keys = Array.from({ length: count }, () => gcm.importKey(randomBytes(32)));
  for (const key of keys) key.seal(none, none);
  return keys;
}

for (const { build, start } of kernelBuilds()) {
  t.test(`${build}: a key seals as many messages as random nonces allow, and opens on`, async (t) => {
    const key = makeAes256Gcm(start(), aes.kernel, 3).importKey(randomBytes(32));
    const sealed = [key.seal(none, none), key.seal(none, none), key.seal(none, none)];
    t.throws(() => key.seal(none, none), { name: 'CryptoError', code: 'limit' });
    for (const message of sealed) t.equal(key.open(message, none).length, 0);
  });

  t.test(`${build}: 20,000 keys made, used and disposed leave the module empty`, async (t) => {
    const kernel = start();
    const gcm = makeAes256Gcm(kernel, aes.kernel);
    let sealed = none;
    for (let i = 0; i < 20_000; i++) {
      const key = gcm.importKey(new Uint8Array(32).fill(i));
      if (i % 4 === 0) sealed = key.seal(none, none);
      key.dispose();
    }
    t.ok(secretsIn(kernel, sealed).equals(Buffer.alloc(kernel.memory.length)));
  });

  t.test(`${build}: keys that are dropped are wiped when the collector finds them`, async (t) => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const kernel = start();
    const gcm = makeAes256Gcm(kernel, aes.kernel);
    const kept = useKeys(gcm, 1000).filter((_, i) => i % 100 === 0);
    const sealed = kept.map((key) => key.seal(none, none));
    for (let i = 0; i < 5; i++) {
      collect();
      await new Promise(setImmediate);
    }
    for (const [i, key] of kept.entries()) t.equal(key.open(sealed[i] as Uint8Array, none).length, 0);
    for (const key of kept) key.dispose();
    t.ok(secretsIn(kernel).equals(Buffer.alloc(kernel.memory.length)));
  });
}
