import { execFileSync, spawnSync } from 'node:child_process';
import * as hashWasm from 'hash-wasm';
import t from 'tap';
import { fromHex, toHex, utf8 } from '../../lib/base/index.js';
import { loadArgon2id, randomBytes } from '../../lib/crypto/index.js';
import { bytesInSodium, copiesInSodium } from './heap.js';
import { readVectors } from './vectors.js';

const argon2id = await loadArgon2id();

for (const name of ['argon2id-reference', 'argon2id-libsodium']) {
  t.test(name, async (t) => {
    type Vector = { password: string; salt: string; passes: number; memoryKiB: number; hash: string };
    for (const { password, salt, passes, memoryKiB, hash } of readVectors<Vector[]>(name)) {
      const cost = { passes, memoryKiB };
      t.equal(toHex(argon2id.hash(fromHex(password), fromHex(salt), cost, hash.length / 2)), hash);
    }
  });
}

t.test('hash-wasm, a second implementation, gives the same', async (t) => {
  for (const [memorySize, iterations, length] of [
    [8, 1, 16],
    [513, 3, 32],
    [4096, 2, 100],
  ] as const) {
    const [password, salt] = [randomBytes(20), randomBytes(16)];
    const options = { password, salt, iterations, memorySize, parallelism: 1, hashLength: length };
    const theirs = await hashWasm.argon2id({ ...options, outputType: 'binary' });
    t.same(argon2id.hash(password, salt, { memoryKiB: memorySize, passes: iterations }, length), theirs);
  }
});

const hasArgon2 = spawnSync('argon2', ['-h']).error === undefined;
t.test('the argon2 program gives the same', { skip: !hasArgon2 && 'argon2 is not installed' }, async (t) => {
  const password = toHex(randomBytes(20));
  const args = ['saltsaltsaltsalt', '-id', '-t', '2', '-k', '300', '-p', '1', '-l', '32', '-r'];
  const theirs = execFileSync('argon2', args, { input: password, encoding: 'utf8' }).trim();
  t.equal(toHex(argon2id.hash(utf8(password), utf8('saltsaltsaltsalt'), { memoryKiB: 300, passes: 2 })), theirs);
});

t.test('32 bytes unless told, and an empty password has a hash too', async (t) => {
  t.equal(argon2id.hash(new Uint8Array(0), new Uint8Array(16), { memoryKiB: 8, passes: 1 }).length, 32);
});

t.test('sizes and costs are checked at the border', async (t) => {
  const [password, salt, cost] = [randomBytes(8), randomBytes(16), { memoryKiB: 64, passes: 1 }];
  t.throws(() => argon2id.hash(password, new Uint8Array(15), cost), { code: 'bad_size' });
  t.throws(() => argon2id.hash('text' as unknown as Uint8Array, salt, cost), { code: 'bad_size' });
  for (const bytes of [15, 1025, 32.5])
    t.throws(() => argon2id.hash(password, salt, cost, bytes), { code: 'bad_size' });
  for (const memoryKiB of [7, 8.5, 2 ** 21]) {
    t.throws(() => argon2id.hash(password, salt, { ...cost, memoryKiB }), { code: 'bad_size' });
  }
  for (const passes of [0, 1.5, 2 ** 31]) {
    t.throws(() => argon2id.hash(password, salt, { ...cost, passes }), { code: 'bad_size' });
  }
});

t.test('more memory than WebAssembly has is a clear error, and the next hash works', async (t) => {
  const [password, salt] = [randomBytes(8), randomBytes(16)];
  t.throws(() => argon2id.hash(password, salt, { memoryKiB: 2 ** 21 - 1, passes: 1 }), { code: 'limit' });
  t.equal(argon2id.hash(password, salt, { memoryKiB: 8, passes: 1 }).length, 32);
});

t.test('neither password, hash nor working memory stays in the memory of libsodium', async (t) => {
  const password = randomBytes(24);
  const before = await bytesInSodium();
  for (const memoryKiB of [64, 1000, 4096]) {
    const hash = argon2id.hash(password, randomBytes(16), { memoryKiB, passes: 1 });
    t.equal(await copiesInSodium(hash), 0);
    t.equal(await copiesInSodium(password), 0);
  }
  // The stack differs by some hundred bytes; 4096 KiB left in place would be four million.
  t.ok((await bytesInSodium()) < before + 10_000);
});
