import { execFileSync } from 'node:child_process';
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import t from 'tap';
import { concatBytes, fromHex, toHex } from '../../lib/base/index.js';
import { loadEd25519, randomBytes } from '../../lib/crypto/index.js';
import { copiesInSodium } from './heap.js';
import { readVectors } from './vectors.js';

const ed25519 = await loadEd25519();

/** The DER around a raw key (RFC 8410). */
const PKCS8_HEADER = fromHex('302e020100300506032b657004220420');
const SPKI_HEADER = fromHex('302a300506032b6570032100');

function nodePrivateKey(seed: Uint8Array) {
  return createPrivateKey({ key: Buffer.from(concatBytes(PKCS8_HEADER, seed)), format: 'der', type: 'pkcs8' });
}

function nodePublicKey(publicKey: Uint8Array) {
  return createPublicKey({ key: Buffer.from(concatBytes(SPKI_HEADER, publicKey)), format: 'der', type: 'spki' });
}

for (const name of ['ed25519-rfc8032', 'ed25519-sign-input']) {
  t.test(name, async (t) => {
    type Vector = { seed: string; publicKey: string; msg: string; signature: string };
    for (const vector of readVectors<Vector[]>(name)) {
      const signer = ed25519.importSigner(fromHex(vector.seed));
      const [message, signature] = [fromHex(vector.msg), fromHex(vector.signature)];
      t.equal(toHex(signer.publicKey), vector.publicKey);
      t.equal(toHex(signer.sign(message)), vector.signature);
      t.equal(ed25519.verify(signature, message, signer.publicKey), true);
    }
  });
}

t.test("node:crypto and the core give the same signatures and accept each other's", async (t) => {
  for (const length of [0, 1, 63, 64, 300, 5000, 100_000]) {
    const message = randomBytes(length);
    const signer = ed25519.generateSigner();
    const theirs = sign(null, message, nodePrivateKey(signer.exportSeed()));
    t.equal(toHex(signer.sign(message)), theirs.toString('hex'));
    t.equal(verify(null, message, nodePublicKey(signer.publicKey), signer.sign(message)), true);

    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(SPKI_HEADER.length);
    t.equal(ed25519.verify(sign(null, message, privateKey), message, raw), true);
  }
});

t.test('the openssl program accepts a signature and makes one that is accepted', async (t) => {
  const dir = t.testdir();
  const file = (name: string) => join(dir, name);
  const message = randomBytes(100);
  const signer = ed25519.generateSigner();
  writeFileSync(file('message'), message);
  writeFileSync(file('signature'), signer.sign(message));
  writeFileSync(file('key.pem'), nodePrivateKey(signer.exportSeed()).export({ format: 'pem', type: 'pkcs8' }));
  writeFileSync(file('public.pem'), nodePublicKey(signer.publicKey).export({ format: 'pem', type: 'spki' }));
  const openssl = (...args: string[]) =>
    execFileSync('openssl', ['pkeyutl', '-rawin', '-in', file('message'), ...args]);
  openssl('-verify', '-pubin', '-inkey', file('public.pem'), '-sigfile', file('signature'));
  t.equal(ed25519.verify(openssl('-sign', '-inkey', file('key.pem')), message, signer.publicKey), true);
});

t.test('every flipped bit of signature, message and public key is refused', async (t) => {
  const signer = ed25519.generateSigner();
  const message = randomBytes(16);
  const signature = signer.sign(message);
  const { publicKey } = signer;
  for (const bytes of [signature, message, publicKey]) {
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = bytes.slice();
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const input = [signature, message, publicKey].map((each) => (each === bytes ? flipped : each));
      const [s = flipped, m = flipped, k = flipped] = input;
      if (ed25519.verify(s, m, k)) t.fail(`bit ${bit} of ${bytes.length} bytes`);
    }
  }
  t.equal(ed25519.verify(signature, message, signer.publicKey), true);
});

t.test(
  'an S that is the group order too high is refused (RFC 8032 section 5.1.7), a second signature otherwise',
  async (t) => {
    const order = 2n ** 252n + 27742317777372353535851937790883648493n;
    const signer = ed25519.generateSigner();
    const message = randomBytes(10);
    const signature = signer.sign(message);
    const s = BigInt(`0x${toHex(signature.slice(32).reverse())}`) + order;
    const malleable = concatBytes(signature.subarray(0, 32), fromHex(s.toString(16).padStart(64, '0')).reverse());
    t.equal(ed25519.verify(malleable, message, signer.publicKey), false);
  },
);

t.test('public keys of small order are refused, though a signature fits every message under them', async (t) => {
  const smallOrder = [
    '0100000000000000000000000000000000000000000000000000000000000000',
    '0100000000000000000000000000000000000000000000000000000000000080',
    'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    '0000000000000000000000000000000000000000000000000000000000000000',
    '0000000000000000000000000000000000000000000000000000000000000080',
    '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
    '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
    // The same points in a second spelling: y is the field's prime or more.
    'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  ].map(fromHex);
  const zeroS = new Uint8Array(32);
  for (const publicKey of smallOrder) {
    // Where [k]A is neutral for one in eight messages, R = A's neutral element and S = 0 are a signature.
    for (const r of smallOrder) {
      for (let i = 0; i < 8; i++) {
        t.equal(ed25519.verify(concatBytes(r, zeroS), Uint8Array.of(i), publicKey), false);
      }
    }
  }
});

t.test('sizes are checked at the border', async (t) => {
  const signer = ed25519.generateSigner();
  const [message, signature] = [randomBytes(4), signer.sign(randomBytes(4))];
  for (const length of [0, 31, 33, 64]) {
    t.throws(() => ed25519.importSigner(new Uint8Array(length)), { code: 'bad_size' });
    t.throws(() => ed25519.verify(signature, message, new Uint8Array(length)), { code: 'bad_size' });
  }
  t.throws(() => signer.sign('text' as unknown as Uint8Array), { code: 'bad_size' });
});

t.test('the seed is copied in and copied out', async (t) => {
  const seed = randomBytes(32);
  const signer = ed25519.importSigner(seed);
  const before = signer.sign(seed.slice());
  const message = seed.slice();
  seed.fill(0);
  signer.exportSeed().fill(0);
  t.same(signer.sign(message), before);
  t.same(signer.exportSeed(), message);
});

t.test('a disposed signer signs no more, and no key stays behind', async (t) => {
  const signer = ed25519.generateSigner();
  const seed = signer.exportSeed();
  signer.sign(randomBytes(100));
  t.equal(await copiesInSodium(seed), 0);
  t.notMatch(inspect(signer, { depth: 9, showHidden: true }), toHex(seed));
  signer.dispose();
  signer.dispose();
  t.throws(() => signer.sign(randomBytes(1)), { code: 'disposed' });
  t.throws(() => signer.exportSeed(), { code: 'disposed' });
});
