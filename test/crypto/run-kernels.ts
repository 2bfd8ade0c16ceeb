// A program for aes-builds.test.ts: compares every build that starts here with node:crypto and prints what was chosen.
import { randomBytes } from 'node:crypto';
import { loadAes256Gcm } from '../../lib/crypto/aes/aes-256-gcm.js';
import { CryptoError } from '../../lib/crypto/errors.js';
import { expandKey, kernelBuilds, openAs, sealAs, sealByNode } from './kernels.js';

function compare(): { build: string; different: number }[] {
  return kernelBuilds().map(({ build, start }) => {
    const kernel = start();
    const key = randomBytes(32);
    const slot = expandKey(kernel, key);
    let different = 0;
    for (let length = 0; length < 320; length++) {
      const [nonce, plaintext, aad] = [
        randomBytes(12),
        randomBytes(length % 11 === 0 ? 60 * length : length),
        randomBytes(length % 83),
      ];
      const sealed = sealAs(kernel, slot, nonce, plaintext, aad);
      if (!sealByNode(key, nonce, plaintext, aad).equals(sealed)) different++;
      if (!plaintext.equals(openAs(kernel, slot, sealed, aad))) different++;
    }
    return { build, different };
  });
}

try {
  const { kernel } = await loadAes256Gcm();
  console.log(JSON.stringify({ kernel, builds: compare() }));
} catch (error) {
  console.log(JSON.stringify({ code: error instanceof CryptoError ? error.code : String(error) }));
}
