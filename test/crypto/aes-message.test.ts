import { randomBytes } from 'node:crypto';
import t from 'tap';
import { fromHex, toHex } from '../../lib/base/index.js';
import { sealMessage } from '../../lib/crypto/aes/message.js';
import { expandKey, kernelBuilds, openAs, sealAs, sealByNode, secretsIn, withBitTurned } from './kernels.js';
import { readVectors } from './vectors.js';

interface Vector {
  key: string;
  iv: string;
  aad: string;
  pt: string | null;
  ct: string;
  tag: string;
}

const forged = { name: 'CryptoError', code: 'forged' };
const none = new Uint8Array(0);

for (const { build, start } of kernelBuilds()) {
  t.test(`${build}: published vectors`, async (t) => {
    const kernel = start();
    const files = ['aes-256-gcm-mcgrew-viega', 'aes-256-gcm-cavp-encrypt', 'aes-256-gcm-cavp-decrypt'];
    for (const { key, iv, aad, pt, ct, tag } of files.flatMap((file) => readVectors<Vector[]>(file))) {
      const slot = expandKey(kernel, fromHex(key));
      const sealed = fromHex(iv + ct + tag);
      if (pt === null) {
        t.throws(() => openAs(kernel, slot, sealed, fromHex(aad)), forged);
      } else {
        t.equal(toHex(sealAs(kernel, slot, fromHex(iv), fromHex(pt), fromHex(aad))), iv + ct + tag);
        t.equal(toHex(openAs(kernel, slot, sealed, fromHex(aad))), pt);
      }
    }
  });

  t.test(`${build}: the same as node:crypto for every length, and around the borders of pieces`, async (t) => {
    const kernel = start();
    const key = randomBytes(32);
    const slot = expandKey(kernel, key);
    const { firstBytes: first, textBytes: next, aadBytes } = kernel;
    const around = [first, first + next, first + 2 * next].flatMap((n) => [n - 129, n - 16, n - 1, n, n + 1, n + 17]);
    const sizes = [
      ...Array.from({ length: 301 }, (_, i) => [i, (i * 7) % 201] as const),
      ...Array.from({ length: 201 }, (_, i) => [(i * 11) % 67, i] as const),
      ...around.map((text) => [text, 13] as const),
      ...[aadBytes - 1, aadBytes, aadBytes + 1, 3 * aadBytes + 5].map((aad) => [33, aad] as const),
      [2 ** 20, 200] as const,
      [2 ** 20 - 21, 0] as const,
    ];
    const different: string[] = [];
    for (const [textBytes, aadBytes] of sizes) {
      const [nonce, plaintext, aad] = [randomBytes(12), randomBytes(textBytes), randomBytes(aadBytes)];
      const sealed = sealAs(kernel, slot, nonce, plaintext, aad);
      const same = sealByNode(key, nonce, plaintext, aad).equals(sealed);
      const opened = Buffer.compare(openAs(kernel, slot, sealed, aad), plaintext) === 0;
      if (!same || !opened) different.push(`text of ${textBytes} bytes, AAD of ${aadBytes}`);
    }
    t.strictSame(different, []);
  });

  t.test(`${build}: a bit turned in any byte of nonce, ciphertext, tag or AAD is refused`, async (t) => {
    const kernel = start();
    const slot = expandKey(kernel, randomBytes(32));
    const aad = randomBytes(37);
    for (const textBytes of [0, 45, kernel.firstBytes + 33]) {
      const sealed = sealAs(kernel, slot, randomBytes(12), randomBytes(textBytes), aad);
      const places = Array.from(sealed.keys()).filter((at) => at < 80 || at > sealed.length - 80 || at % 997 === 0);
      for (const at of places) t.throws(() => openAs(kernel, slot, withBitTurned(sealed, at), aad), forged);
      for (const at of aad.keys()) t.throws(() => openAs(kernel, slot, sealed, withBitTurned(aad, at)), forged);
      t.throws(() => openAs(kernel, slot, sealed, none), forged);
      t.throws(() => openAs(kernel, slot, sealed, Buffer.concat([aad, new Uint8Array(1)])), forged);
      t.throws(() => openAs(kernel, slot, sealed.subarray(1), aad), forged);
      t.throws(() => openAs(kernel, slot, sealed.subarray(0, -1), aad), forged);
    }
  });

  t.test(`${build}: text and AAD can't trade bytes`, async (t) => {
    const kernel = start();
    const slot = expandKey(kernel, randomBytes(32));
    const sealed = sealAs(kernel, slot, randomBytes(12), new Uint8Array(32), new Uint8Array(16));
    const moved = Buffer.concat([sealed.subarray(0, 12), sealed.subarray(28)]);
    t.throws(() => openAs(kernel, slot, moved, sealed.subarray(12, 28)), forged);
  });

  t.test(`${build}: what is shorter than a nonce and a tag is refused like any forgery`, async (t) => {
    const kernel = start();
    const slot = expandKey(kernel, randomBytes(32));
    for (let length = 0; length < 28; length++) {
      t.throws(() => openAs(kernel, slot, new Uint8Array(length), none), forged);
    }
  });

  t.test(`${build}: the module holds nothing of a message when it is over`, async (t) => {
    const kernel = start();
    const slot = expandKey(kernel, randomBytes(32));
    // The first long message leaves something of the key with the key.
    sealAs(kernel, slot, randomBytes(12), randomBytes(20_000), none);
    const before = secretsIn(kernel);
    for (const textBytes of [0, 1, 16, 95, 96, 97, 500, kernel.firstBytes, kernel.firstBytes + kernel.textBytes + 1]) {
      const aad = randomBytes(70);
      const sealed = sealAs(kernel, slot, randomBytes(12), randomBytes(textBytes), aad);
      t.ok(secretsIn(kernel, sealed).equals(before), `sealed ${textBytes} bytes`);
      openAs(kernel, slot, sealed, aad);
      t.ok(secretsIn(kernel).equals(before), `opened ${textBytes} bytes`);
      t.throws(() => openAs(kernel, slot, withBitTurned(sealed, sealed.length - 1), aad), forged);
      t.ok(secretsIn(kernel).equals(before), `refused ${textBytes} bytes`);
    }
  });

  t.test(`${build}: nothing is decrypted before all of it is authentic`, async (t) => {
    const kernel = start();
    const calls: string[] = [];
    const watched = {
      ...kernel,
      authenticate: (aad: number, text: number, last: boolean) => {
        calls.push('authenticate');
        return kernel.authenticate(aad, text, last);
      },
      decrypt: (bytes: number) => {
        calls.push('decrypt');
        kernel.decrypt(bytes);
      },
    };
    const slot = expandKey(kernel, randomBytes(32));
    const sealed = sealAs(kernel, slot, randomBytes(12), randomBytes(kernel.firstBytes + 1), none);
    openAs(watched, slot, sealed, none);
    t.strictSame(calls, ['authenticate', 'authenticate', 'decrypt', 'decrypt']);
    calls.length = 0;
    t.throws(() => openAs(watched, slot, withBitTurned(sealed, sealed.length - 1), none), forged);
    t.strictSame(calls, ['authenticate', 'authenticate']);
  });

  t.test(`${build}: inputs may be parts of one buffer, and stay as they are`, async (t) => {
    const kernel = start();
    const key = randomBytes(32);
    const slot = expandKey(kernel, key);
    const buffer = randomBytes(300);
    const kept = Buffer.from(buffer);
    const [nonce, plaintext, aad] = [buffer.subarray(3, 15), buffer.subarray(7, 207), buffer.subarray(150, 299)];
    const sealed = sealAs(kernel, slot, nonce, plaintext, aad);
    t.ok(sealByNode(key, nonce, plaintext, aad).equals(sealed));
    const inside = new Uint8Array(sealed.length + 9);
    inside.set(sealed, 5);
    t.ok(plaintext.equals(openAs(kernel, slot, inside.subarray(5, 5 + sealed.length), aad)));
    t.ok(buffer.equals(kept));
  });

  t.test(`${build}: shared memory is read once, so nobody can change it between check and use`, async (t) => {
    const kernel = start();
    const slot = expandKey(kernel, randomBytes(32));
    const plaintext = randomBytes(kernel.firstBytes + 100);
    const sealed = sealAs(kernel, slot, randomBytes(12), plaintext, none);
    const shared = new Uint8Array(new SharedArrayBuffer(sealed.length));
    shared.set(sealed);
    const meddling = {
      ...kernel,
      authenticate: (aad: number, text: number, last: boolean) => {
        const answer = kernel.authenticate(aad, text, last);
        if (last) shared.fill(0);
        return answer;
      },
    };
    t.ok(plaintext.equals(openAs(meddling, slot, shared, none)));
  });

  t.test(`${build}: the longest message is 2^36 - 32 bytes`, async (t) => {
    const kernel = start();
    const slot = expandKey(kernel, randomBytes(32));
    t.throws(() => sealMessage(kernel, slot, kernel.nonce, none, 2 ** 36 - 31, none, 0, none), {
      name: 'CryptoError',
      code: 'limit',
    });
  });
}
