import { randomBytes } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import t from 'tap';
import { type Aes256Gcm, type Aes256GcmKey, loadAes256Gcm, makeAes256Gcm } from '../../lib/crypto/aes-256-gcm.js';
import { kernelBuilds, sealByNode, secretsIn } from './kernels.js';

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
