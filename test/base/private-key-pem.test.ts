import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import t from 'tap';
import { privateKeyPem, readPrivateKeyPem } from '../../lib/base/index.js';

const PAIRS = {
  'P-256': generateKeyPairSync('ec', { namedCurve: 'prime256v1' }),
  Ed25519: generateKeyPairSync('ed25519'),
  'RSA, of many lines': generateKeyPairSync('rsa', { modulusLength: 2048 }),
};

for (const [name, { privateKey, publicKey }] of Object.entries(PAIRS)) {
  t.test(name, async (t) => {
    const pem = privateKeyPem(privateKey);
    t.equal(Buffer.from(pem).toString(), privateKey.export({ type: 'pkcs8', format: 'pem' }), 'what OpenSSL writes');
    t.ok(readPrivateKeyPem(pem).equals(privateKey));
    t.throws(() => privateKeyPem(publicKey), 'a public key is none');
  });
}

t.test('other spellings, and where the key stands in a larger buffer', async (t) => {
  const { privateKey } = PAIRS['P-256'];
  const sec1 = Buffer.from(privateKey.export({ type: 'sec1', format: 'pem' }));
  t.ok(readPrivateKeyPem(sec1).equals(privateKey));
  const around = Buffer.concat([Buffer.from('before'), privateKeyPem(privateKey), Buffer.from('after')]);
  t.ok(readPrivateKeyPem(around.subarray(6, -5)).equals(privateKey));
  t.ok(readPrivateKeyPem(Uint8Array.from(sec1)).equals(createPrivateKey(sec1)));
});

t.test('what is no private key', async (t) => {
  const { privateKey, publicKey } = PAIRS['P-256'];
  const encrypted = privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' });
  const halved = privateKeyPem(privateKey).subarray(0, 100);
  const spki = publicKey.export({ type: 'spki', format: 'pem' });
  for (const bytes of ['', 'junk', halved, encrypted, spki].map((text) => Buffer.from(text))) {
    t.throws(() => readPrivateKeyPem(bytes), { name: 'BaseError', code: 'bad_encoding' });
  }
});
