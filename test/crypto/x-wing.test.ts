import t from 'tap';
import { fromHex, toHex } from '../../lib/base/index.js';
import { loadXWing, randomBytes } from '../../lib/crypto/index.js';
import { loadSodium } from '../../lib/crypto/sodium.js';
import { SodiumXWing } from '../../lib/crypto/x-wing.js';
import { copiesInSodium } from './heap.js';
import { readVectors } from './vectors.js';

const xWing = await loadXWing();

t.test('the vectors of the draft', async (t) => {
  const derand = new SodiumXWing(await loadSodium());
  type Vector = { sk: string; eseed: string; pk: string; ct: string; ss: string };
  for (const { sk, eseed, pk, ct, ss } of readVectors<Vector[]>('x-wing')) {
    t.equal(toHex(derand.publicKeyOf(fromHex(sk))), pk);
    const { ciphertext, sharedSecret } = derand.encapsulateWith(fromHex(eseed), fromHex(pk));
    t.equal(toHex(ciphertext), ct);
    t.equal(toHex(sharedSecret), ss);
    t.equal(toHex(xWing.decapsulate(fromHex(ct), fromHex(sk))), ss);
  }
});

t.test('both sides get the same secret, another one each time', async (t) => {
  const { publicKey, secretKey } = xWing.generateKeyPair();
  t.equal(publicKey.length, 1216);
  t.equal(secretKey.length, 32);
  const [first, second] = [xWing.encapsulate(publicKey), xWing.encapsulate(publicKey)];
  t.equal(first.ciphertext.length, 1120);
  t.same(xWing.decapsulate(first.ciphertext, secretKey), first.sharedSecret);
  t.same(xWing.decapsulate(second.ciphertext, secretKey), second.sharedSecret);
  t.notSame(first.sharedSecret, second.sharedSecret);
});

t.test('a flipped bit of the ciphertext and a foreign key give another secret', async (t) => {
  const { publicKey, secretKey } = xWing.generateKeyPair();
  const { ciphertext, sharedSecret } = xWing.encapsulate(publicKey);
  for (let at = 0; at < 1120; at += 13) {
    const flipped = ciphertext.slice();
    flipped[at] = (flipped[at] ?? 0) ^ 0x10;
    t.notSame(xWing.decapsulate(flipped, secretKey), sharedSecret);
  }
  t.notSame(xWing.decapsulate(ciphertext, randomBytes(32)), sharedSecret);
});

t.test('what is no public key is refused: coefficients of q or more, an X25519 point of small order', async (t) => {
  const { publicKey } = xWing.generateKeyPair();
  const unreduced = publicKey.slice().fill(0xff, 0, 3);
  const smallOrder = publicKey.slice().fill(0, 1184);
  t.throws(() => xWing.encapsulate(unreduced), { code: 'bad_key' });
  t.throws(() => xWing.encapsulate(smallOrder), { code: 'bad_key' });
});

t.test('a ciphertext whose X25519 share is of small order is refused', async (t) => {
  const { publicKey, secretKey } = xWing.generateKeyPair();
  const { ciphertext } = xWing.encapsulate(publicKey);
  t.throws(() => xWing.decapsulate(ciphertext.fill(0, 1088), secretKey), { code: 'forged' });
});

t.test('sizes are checked at the border', async (t) => {
  for (const length of [0, 1215, 1217]) {
    t.throws(() => xWing.encapsulate(new Uint8Array(length)), { code: 'bad_size' });
  }
  t.throws(() => xWing.decapsulate(new Uint8Array(1119), new Uint8Array(32)), { code: 'bad_size' });
  t.throws(() => xWing.decapsulate(new Uint8Array(1120), new Uint8Array(31)), { code: 'bad_size' });
});

t.test('neither the secret key nor the shared secret stays in the memory of libsodium', async (t) => {
  const { publicKey, secretKey } = xWing.generateKeyPair();
  const { ciphertext, sharedSecret } = xWing.encapsulate(publicKey);
  t.equal(await copiesInSodium(sharedSecret), 0);
  xWing.decapsulate(ciphertext, secretKey);
  t.equal(await copiesInSodium(sharedSecret), 0);
  t.equal(await copiesInSodium(secretKey), 0);
});
