import { chmodSync, lstatSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { argon2id } from 'hash-wasm';
import t from 'tap';
import { utf8 } from '../../lib/base/index.js';
import {
  createVerifierFile,
  decodeVerifier,
  encodeVerifier,
  makeVerifier,
  readVerifierFile,
  verifyPassphrase,
} from '../../lib/vault/gate/verifier.js';

const PASSPHRASE = utf8('correct horse battery staple');

t.test('verifies its passphrase and no other; hash-wasm computes the same', async (t) => {
  const verifier = await makeVerifier(PASSPHRASE);
  t.match(verifier, { memoryKiB: 65_536, passes: 3 });
  t.equal(verifier.salt.length, 16);
  t.equal(await verifyPassphrase(verifier, PASSPHRASE), true);
  t.equal(await verifyPassphrase(verifier, utf8('Correct horse battery staple')), false);
  t.equal(await verifyPassphrase(verifier, new Uint8Array(1025)), false);
  const expected = await argon2id({
    password: PASSPHRASE,
    salt: verifier.salt,
    memorySize: 65_536,
    iterations: 3,
    parallelism: 1,
    hashLength: 32,
    outputType: 'binary',
  });
  t.same(verifier.hash, expected);
});

t.test('no passphrase is no passphrase', async (t) => {
  await t.rejects(makeVerifier(new Uint8Array()), { code: 'bad_passphrase' });
  await t.rejects(makeVerifier(new Uint8Array(1025)), { code: 'bad_passphrase' });
});

const verifier = { memoryKiB: 65_536, passes: 3, salt: new Uint8Array(16).fill(7), hash: new Uint8Array(32).fill(9) };

t.test('decode then encode is the identity, and no altered file reads like the original', (t) => {
  const bytes = encodeVerifier(verifier);
  t.same(decodeVerifier('v', bytes), verifier);
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const altered = bytes.slice();
    altered[bit >> 3] = (altered[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    try {
      // What is accepted is another verifier, and in its one encoding.
      const other = decodeVerifier('v', altered);
      t.notSame(other, verifier);
      t.same(encodeVerifier(other), altered);
    } catch (error) {
      t.match(error, { code: 'bad_verifier' });
    }
  }
  t.end();
});

t.test('what could exhaust the machine or is something else is refused', (t) => {
  const text = Buffer.from(encodeVerifier(verifier)).toString();
  for (const [from, to] of [
    ['65536', '4294967295'],
    ['65536', '7'],
    ['"passes":3', '"passes":65'],
    ['"parallelism":1', '"parallelism":4'],
    ['argon2id', 'argon2d'],
    ['v1', 'v2'],
    ['"passes":3,', ''],
    [',"passes"', ', "passes"'],
    ['\n', ''],
  ] as const) {
    t.throws(() => decodeVerifier('v', utf8(text.replace(from, to))), { code: 'bad_verifier' }, `${from} → ${to}`);
  }
  t.end();
});

t.test('the file is private, and made once', async (t) => {
  const path = join(t.testdir(), 'secrets-verifier.json');
  t.equal(await readVerifierFile(path), undefined);
  await createVerifierFile(path, verifier);
  t.equal(lstatSync(path).mode & 0o7777, 0o600);
  t.same(await readVerifierFile(path), encodeVerifier(verifier));
  await t.rejects(createVerifierFile(path, verifier), { code: 'exists' });
  chmodSync(path, 0o644);
  await t.rejects(readVerifierFile(path), { code: 'bad_verifier', hint: /chmod/ });
  chmodSync(path, 0o600);
  writeFileSync(path, Buffer.alloc(2000));
  await t.rejects(readVerifierFile(path), { code: 'bad_verifier' });
});
