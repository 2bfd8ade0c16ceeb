import { createCipheriv, randomBytes } from 'node:crypto';
import t from 'tap';
import { loadAes256Gcm } from '../../lib/crypto/aes-256-gcm.js';

const aes = await loadAes256Gcm();

function byNode(key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array, aad: Uint8Array): Uint8Array {
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(aad);
  return Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

t.test('what seal gives, node:crypto gives under the same nonce', async (t) => {
  const secret = randomBytes(32);
  const key = aes.importKey(secret);
  for (const length of [...Array(300).keys(), 4096, 16351, 16352, 16353, 32736, 32737, 100_000]) {
    const plaintext = randomBytes(length);
    const aad = randomBytes(length % 201);
    const sealed = key.seal(plaintext, aad);
    t.strictSame(Buffer.compare(sealed, byNode(secret, sealed.subarray(0, 12), plaintext, aad)), 0);
    t.strictSame(Buffer.compare(key.open(sealed, aad), plaintext), 0);
  }
  key.dispose();
});
