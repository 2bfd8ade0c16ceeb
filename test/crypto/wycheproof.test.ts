import { readFileSync } from 'node:fs';
import t from 'tap';
import { fromHex, toHex } from '../../lib/base/index.js';
import { loadEd25519, loadHmacSha256 } from '../../lib/crypto/index.js';
import { gcmPaths } from './gcm-paths.js';
import { outcome } from './tally.js';

type Vector = Record<string, string> & { tcId: number; ivSize: number; keySize: number; tagSize: number; size: number };

function vectorsOf(name: string): Vector[] {
  const file = new URL(`../vectors/crypto/wycheproof-${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')).vectors;
}

const hex = (text = '') => fromHex(text);

for (const { path, takesNonce, withKey } of gcmPaths()) {
  t.test(`AES-GCM, ${path}`, async (t) => {
    const supported = vectorsOf('aes-gcm').filter(({ keySize, ivSize }) => keySize === 256 && ivSize === 96);
    t.equal(supported.length, 66);
    for (const { tcId, key, iv = '', aad, msg = '', ct = '', tag = '', result } of supported) {
      const use = withKey(hex(key));
      const opened = outcome(() => use.open(hex(iv + ct + tag), hex(aad)));
      t.equal(opened, result === 'valid' ? msg : 'forged', `${tcId}`);
      if (result !== 'valid' || !takesNonce) continue;
      t.equal(toHex(use.seal(hex(msg), hex(aad), hex(iv))), iv + ct + tag, `${tcId}`);
    }
  });
}

t.test('Ed25519', async (t) => {
  const core = await loadEd25519();
  for (const { tcId, pk, msg, sig, result } of vectorsOf('ed25519')) {
    t.equal(core.verify(hex(sig), hex(msg), hex(pk)), result === 'valid', `${tcId}`);
  }
});

t.test('HMAC-SHA-256', async (t) => {
  const core = await loadHmacSha256();
  for (const { tcId, key, msg, tag = '', result } of vectorsOf('hmac-sha256')) {
    const mac = toHex(core.mac(hex(key), hex(msg))).slice(0, tag.length);
    t.equal(mac === tag, result === 'valid', `${tcId}`);
    if (tag.length === 64) t.equal(core.verify(hex(key), hex(msg), hex(tag)), result === 'valid', `${tcId}`);
  }
});

t.test('HKDF-SHA-256', async (t) => {
  const core = await loadHmacSha256();
  for (const { tcId, ikm, salt, info, size, okm, result } of vectorsOf('hkdf-sha256')) {
    const derived = outcome(() => core.deriveKey({ secret: hex(ikm), salt: hex(salt), info: hex(info) }, size));
    t.equal(derived, result === 'valid' ? okm : 'bad_size', `${tcId}`);
  }
});
