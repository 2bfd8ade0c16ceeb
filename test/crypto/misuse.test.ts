import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Worker } from 'node:worker_threads';
import t from 'tap';
import { makeAes256Gcm } from '../../lib/crypto/aes/aes-256-gcm.js';
import {
  constantTimeEqual,
  loadAes256Gcm,
  loadArgon2id,
  loadEd25519,
  loadHmacSha256,
  loadSha256,
  loadXWing,
  randomBytes as randomBytesOfCore,
  wipe,
} from '../../lib/crypto/index.js';
import { loadSodium } from '../../lib/crypto/sodium.js';
import { bundle } from './bundle.js';
import { kernelBuilds, sealByNode, withBitTurned } from './kernels.js';
import type { WorkerInput, WorkerOutput } from './worker.js';

const [aes, argon2id, ed25519, hmac, sha256, xWing] = await Promise.all([
  loadAes256Gcm(),
  loadArgon2id(),
  loadEd25519(),
  loadHmacSha256(),
  loadSha256(),
  loadXWing(),
]);
const key = aes.importKey(randomBytes(32));
const signer = ed25519.generateSigner();
const pair = xWing.generateKeyPair();
const none = new Uint8Array(0);
const room = new Uint8Array(100);
const salt = new Uint8Array(16);
const cost = { memoryKiB: 8, passes: 1 };

/** Every place where the core takes bytes, and how many it takes there; undefined is any number. */
const inputs: [what: string, bytes: number | undefined, call: (bytes: Uint8Array) => unknown][] = [
  ['an AES key', 32, (bytes) => aes.importKey(bytes)],
  ['a plaintext', undefined, (bytes) => key.seal(bytes, none)],
  ['the AAD to seal with', undefined, (bytes) => key.seal(none, bytes)],
  ['a sealed message', undefined, (bytes) => key.open(bytes, none)],
  ['the AAD to open with', undefined, (bytes) => key.open(key.seal(none, none), bytes)],
  ['a plaintext to seal into a buffer', undefined, (bytes) => key.sealInto(bytes, none, room)],
  ['its AAD', undefined, (bytes) => key.sealInto(none, bytes, room)],
  ['a buffer to seal into', undefined, (bytes) => key.sealInto(none, none, bytes)],
  ['a message to open into a buffer', undefined, (bytes) => key.openInto(bytes, none, room)],
  ['the AAD of that', undefined, (bytes) => key.openInto(key.seal(none, none), bytes, room)],
  ['a buffer to open into', undefined, (bytes) => key.openInto(key.seal(none, none), none, bytes)],
  ['a password', undefined, (bytes) => argon2id.hash(bytes, salt, cost)],
  ['a salt', 16, (bytes) => argon2id.hash(none, bytes, cost)],
  ['a seed', 32, (bytes) => ed25519.importSigner(bytes)],
  ['a message to sign', undefined, (bytes) => signer.sign(bytes)],
  ['a signature', undefined, (bytes) => ed25519.verify(bytes, none, signer.publicKey)],
  ['a message to verify', undefined, (bytes) => ed25519.verify(signer.sign(none), bytes, signer.publicKey)],
  ['a public key', 32, (bytes) => ed25519.verify(signer.sign(none), none, bytes)],
  ['data to hash', undefined, (bytes) => sha256.digest(bytes)],
  ['secret data to hash', undefined, (bytes) => sha256.digestSecret(bytes)],
  ['data to hash in parts', undefined, (bytes) => sha256.create().update(bytes)],
  ['an HMAC key', undefined, (bytes) => hmac.mac(bytes, none)],
  ['data to authenticate', undefined, (bytes) => hmac.mac(none, bytes)],
  ['the key of a MAC to verify', undefined, (bytes) => hmac.verify(bytes, none, none)],
  ['its data', undefined, (bytes) => hmac.verify(none, bytes, none)],
  ['a MAC to verify', undefined, (bytes) => hmac.verify(none, none, bytes)],
  ['a secret to derive from', undefined, (bytes) => hmac.deriveKey({ secret: bytes, info: none }, 32)],
  ['the salt of a derivation', undefined, (bytes) => hmac.deriveKey({ secret: none, salt: bytes, info: none }, 32)],
  ['the info of a derivation', undefined, (bytes) => hmac.deriveKey({ secret: none, info: bytes }, 32)],
  ['an X-Wing public key', 1216, (bytes) => xWing.encapsulate(bytes)],
  ['an X-Wing ciphertext', 1120, (bytes) => xWing.decapsulate(bytes, pair.secretKey)],
  ['an X-Wing secret key', 32, (bytes) => xWing.decapsulate(new Uint8Array(1120), bytes)],
  ['the left side of a comparison', undefined, (bytes) => constantTimeEqual(bytes, none)],
  ['the right side of a comparison', undefined, (bytes) => constantTimeEqual(none, bytes)],
  ['a buffer to wipe', undefined, (bytes) => wipe(none, bytes)],
];

const badSize = { name: 'CryptoError', code: 'bad_size' };

/** ECMAScript 2024, which TypeScript's library for Node 20 doesn't know. */
function resizable(bytes: number): ArrayBuffer & { resize(bytes: number): void } {
  return Reflect.construct(ArrayBuffer, [bytes, { maxByteLength: bytes }]);
}

t.test('what is no Uint8Array is refused wherever bytes are taken', async (t) => {
  const strangers = [null, 32, 'x'.repeat(32), [], {}, new ArrayBuffer(32), new DataView(new ArrayBuffer(32))];
  const views = [new Uint16Array(16), new Uint8ClampedArray(32), new Float64Array(4)];
  for (const [what, , call] of inputs) {
    // An undefined salt of a derivation is one that is left out.
    for (const stranger of [...strangers, ...views]) t.throws(() => call(stranger as Uint8Array), badSize, what);
  }
});

t.test('what only looks like a Uint8Array is refused wherever bytes are taken', async (t) => {
  for (const [what, bytes = 40, call] of inputs) {
    const real = new Uint8Array(bytes);
    const strangers = [
      new Proxy(real, {}),
      new Proxy({}, { getPrototypeOf: () => Uint8Array.prototype }),
      Object.create(Uint8Array.prototype),
      Object.create(real),
      Object.create(Uint8Array.prototype, { [Symbol.toStringTag]: { value: 'Uint8Array' } }),
      Object.setPrototypeOf(new Uint16Array(bytes), Uint8Array.prototype),
    ];
    for (const stranger of strangers) t.throws(() => call(stranger), badSize, what);
  }
});

t.test('a missing argument is refused like one of a wrong size', async (t) => {
  const missing = undefined as unknown as Uint8Array;
  // An undefined salt of a derivation is one that is left out.
  for (const [what, , call] of inputs)
    if (what !== 'the salt of a derivation') t.throws(() => call(missing), badSize, what);
  for (const stranger of [undefined, null, true, 'x'] as unknown as never[]) {
    t.throws(() => argon2id.hash(none, salt, stranger), badSize);
    t.throws(() => hmac.deriveKey(stranger, 32), badSize);
    t.throws(() => hmac.deriveKey({ secret: none, info: none }, stranger), badSize);
    t.throws(() => randomBytesOfCore(stranger), badSize);
  }
  t.throws(() => argon2id.hash(none, salt, {} as never), badSize);
  t.throws(() => argon2id.hash(none, salt, { memoryKiB: Symbol('x'), passes: 1n } as never), badSize);
});

/** Bytes whose every property says something else than what they are. */
function lying(bytes: Uint8Array, claimed: number): Uint8Array {
  const other = new Uint8Array(claimed);
  const lies: Record<PropertyKey, unknown> = {
    ...{ length: claimed, byteLength: claimed, byteOffset: 7, buffer: other.buffer, constructor: Array },
    ...{ subarray: () => other, slice: () => other, at: () => 1, set: () => {}, fill: () => other },
    [Symbol.iterator]: () => other[Symbol.iterator](),
    [Symbol.toStringTag]: 'Uint16Array',
  };
  for (const [name, value] of Object.entries(lies)) Object.defineProperty(bytes, name, { value });
  for (const symbol of [Symbol.iterator, Symbol.toStringTag])
    Object.defineProperty(bytes, symbol, { value: lies[symbol] });
  return bytes;
}

t.test('a length that an object overrides makes no short key, seed or salt', async (t) => {
  class Longer extends Uint8Array {
    override get length(): number {
      return this.byteLength + 1;
    }
  }
  for (const [what, bytes, call] of inputs) {
    if (bytes === undefined) continue;
    for (const real of [0, 1, bytes - 1, bytes + 1]) {
      t.throws(() => call(lying(new Uint8Array(real), bytes)), badSize, `${what} of ${real} bytes`);
    }
    t.throws(() => call(new Longer(bytes - 1)), badSize, what);
  }
});

t.test('bytes are what they are, whatever their properties say', async (t) => {
  for (const size of [0, 1, 33, 100, 40_000]) {
    for (const claimed of [0, 16, size + 5, 70_000]) {
      const text = randomBytes(size);
      const aad = randomBytes((size * 7) % 9000);
      const liar = () => lying(Uint8Array.from(text), claimed);
      const liarAad = () => lying(Uint8Array.from(aad), claimed);
      const sealed = key.seal(liar(), liarAad());
      t.ok(text.equals(key.open(sealed, aad)), `seal ${size} as ${claimed}`);
      t.ok(text.equals(key.open(lying(Uint8Array.from(sealed), claimed), liarAad())), 'open');
      const output = lying(new Uint8Array(size + 28), claimed);
      t.equal(key.sealInto(liar(), liarAad(), output), size + 28);
      t.ok(text.equals(key.open(output, aad)), 'sealInto');
      const opened = lying(new Uint8Array(size), claimed);
      t.equal(key.openInto(lying(Uint8Array.from(sealed), claimed), liarAad(), opened), size);
      t.equal(Buffer.compare(opened, text), 0, 'openInto');
      if (size > 0) t.throws(() => key.openInto(sealed, aad, lying(new Uint8Array(size - 1), size)), badSize);
      const digest = createHash('sha256').update(text).digest();
      t.ok(digest.equals(sha256.digest(liar())));
      t.ok(digest.equals(sha256.digestSecret(liar())));
      t.ok(digest.equals(sha256.create().update(liar()).digest()));
      t.same(hmac.mac(liar(), liarAad()), hmac.mac(text, aad));
      t.ok(hmac.verify(liar(), liarAad(), lying(hmac.mac(text, aad), claimed)));
      const derived = hmac.deriveKey({ secret: text, salt: text, info: aad }, 40);
      t.same(hmac.deriveKey({ secret: liar(), salt: liar(), info: liarAad() }, 40), derived);
      t.same(signer.sign(liar()), signer.sign(text));
      t.ok(ed25519.verify(lying(signer.sign(text), claimed), liar(), lying(signer.publicKey, claimed)));
      t.ok(constantTimeEqual(liar(), text));
      const wiped = liar();
      wipe(wiped);
      t.equal(Buffer.compare(wiped, Buffer.alloc(size)), 0, 'wipe');
    }
  }
  const secret = randomBytes(32);
  const honest = [argon2id.hash(secret, salt, cost), ed25519.importSigner(secret).publicKey];
  const lied = [argon2id.hash(lying(Uint8Array.from(secret), 5), lying(Uint8Array.from(salt), 32), cost)];
  lied.push(ed25519.importSigner(lying(Uint8Array.from(secret), 64)).publicKey);
  t.same(lied, honest);
  const { ciphertext, sharedSecret } = xWing.encapsulate(lying(Uint8Array.from(pair.publicKey), 3));
  t.same(xWing.decapsulate(lying(ciphertext, 3), lying(Uint8Array.from(pair.secretKey), 3)), sharedSecret);
});

/** What another realm makes of these, as a program in `vm` or Jest has them. */
const elsewhere = runInNewContext('({ Uint8Array, ArrayBuffer, SharedArrayBuffer })') as typeof globalThis;

t.test("another realm's Uint8Array is bytes like any other", async (t) => {
  for (const [what, bytes = 40, call] of inputs) {
    const foreign = new elsewhere.Uint8Array(bytes);
    t.notOk(foreign instanceof Uint8Array);
    const codeOf = (each: Uint8Array) => {
      try {
        call(each);
        return 'done';
      } catch (error) {
        return (error as { code?: string }).code;
      }
    };
    t.equal(codeOf(foreign), codeOf(new Uint8Array(bytes)), what);
  }
  const text = elsewhere.Uint8Array.from(randomBytes(40_000));
  t.equal(Buffer.compare(key.open(elsewhere.Uint8Array.from(key.seal(text, none)), none), text), 0);
});

t.test("sealing in place works in another realm's shared memory, seen through several buffers", async (t) => {
  for (const length of [20, 40_000]) {
    const text = randomBytes(length);
    const memory = new elsewhere.SharedArrayBuffer(length + 100);
    const [here, there] = [new Uint8Array(memory), new elsewhere.Uint8Array(structuredClone(memory))];
    here.set(text, 11);
    const sealed = there.subarray(0, key.sealInto(here.subarray(11, 11 + length), none, there));
    t.ok(text.equals(key.open(Uint8Array.from(sealed), none)), `${length} bytes`);
    t.equal(key.openInto(sealed, none, here.subarray(7)), length);
    t.ok(text.equals(Uint8Array.from(here.subarray(7, 7 + length))));
  }
});

t.test('views that follow a buffer which grows and shrinks are as long as it is now', async (t) => {
  for (const length of [20, 40_000]) {
    const text = randomBytes(length);
    const growable = Reflect.construct(SharedArrayBuffer, [10, { maxByteLength: length }]);
    const plain = resizable(length);
    plain.resize(10);
    for (const buffer of [plain, growable as ArrayBuffer]) {
      const follows = new Uint8Array(buffer);
      t.throws(() => key.openInto(key.seal(text, none), none, follows), badSize);
      if (buffer === plain) plain.resize(length);
      else (growable as { grow(bytes: number): void }).grow(length);
      follows.set(text);
      t.ok(text.equals(key.open(key.seal(follows, none), none)));
      t.ok(createHash('sha256').update(text).digest().equals(sha256.digest(follows)));
      t.same(signer.sign(follows), signer.sign(text));
    }
  }
});

t.test('another size is refused wherever there is one', async (t) => {
  for (const [what, bytes, call] of inputs) {
    if (bytes === undefined) continue;
    for (const other of [0, 1, bytes - 1, bytes + 1, 2 * bytes]) {
      t.throws(() => call(new Uint8Array(other)), badSize, `${what} of ${other} bytes`);
    }
  }
});

t.test('a buffer that was transferred away is refused, not taken for an empty one', async (t) => {
  for (const [what, bytes = 40, call] of inputs) {
    const detached = new Uint8Array(new ArrayBuffer(bytes));
    structuredClone(detached.buffer, { transfer: [detached.buffer] });
    t.throws(() => call(detached), badSize, what);
    const buffer = resizable(bytes);
    const beyondEnd = new Uint8Array(buffer, 1);
    const cutOff = new Uint8Array(buffer, 1, bytes - 1);
    buffer.resize(0);
    for (const view of [beyondEnd, cutOff]) t.throws(() => call(view), badSize, what);
  }
});

t.test('shared memory, and views into the middle of a buffer, are bytes like any others', async (t) => {
  const secret = new Uint8Array(new SharedArrayBuffer(32));
  secret.set(randomBytes(32));
  for (const length of [0, 1, 100, 40_000]) {
    const plaintext = new Uint8Array(new SharedArrayBuffer(length + 9)).subarray(9);
    const aad = new Uint8Array(new SharedArrayBuffer(33)).subarray(3, 20);
    plaintext.set(randomBytes(length));
    aad.set(randomBytes(17));
    const key = aes.importKey(secret);
    const sealed = key.seal(plaintext, aad);
    const [own, ownAad] = [Buffer.from(plaintext), Buffer.from(aad)];
    t.ok(sealByNode(Buffer.from(secret), sealed.subarray(0, 12), own, ownAad).equals(sealed));
    const shared = new Uint8Array(new SharedArrayBuffer(sealed.length + 5)).subarray(5);
    shared.set(sealed);
    t.ok(own.equals(key.open(shared, aad)));
    t.ok(createHash('sha256').update(own).digest().equals(sha256.digest(plaintext)));
    t.same(hmac.mac(secret, plaintext), hmac.mac(Uint8Array.from(secret), own));
    t.same(signer.sign(plaintext), signer.sign(own));
  }
});

t.test('a buffer that is too small is refused before anything is written to it', async (t) => {
  const text = randomBytes(40);
  const sealed = key.seal(text, none);
  for (const [bytes, write] of [
    [68, (output: Uint8Array) => key.sealInto(text, none, output)],
    [40, (output: Uint8Array) => key.openInto(sealed, none, output)],
  ] as const) {
    for (const missing of [1, 16, bytes]) {
      const output = new Uint8Array(bytes - missing);
      t.throws(() => write(output), badSize);
      t.same(output, new Uint8Array(bytes - missing));
    }
    t.equal(write(new Uint8Array(bytes)), bytes);
  }
});

t.test('sealing and opening in place works in shared memory, seen through several buffers', async (t) => {
  for (const length of [20, 40_000]) {
    const text = randomBytes(length);
    const memory = new SharedArrayBuffer(length + 100);
    // Two buffer objects over one memory, as another thread would have the second.
    const [here, there] = [new Uint8Array(memory), new Uint8Array(structuredClone(memory))];
    here.set(text, 11);
    const sealed = there.subarray(0, key.sealInto(here.subarray(11, 11 + length), none, there));
    t.ok(text.equals(key.open(Uint8Array.from(sealed), none)));
    t.equal(key.openInto(sealed, none, here.subarray(7)), length);
    t.ok(text.equals(Uint8Array.from(here.subarray(7, 7 + length))));
  }
});

t.test('a signature or a MAC of another length is false, because whoever sends it chooses that', async (t) => {
  const [signature, mac] = [signer.sign(salt), hmac.mac(salt, salt)];
  t.equal(ed25519.verify(signature, salt, signer.publicKey), true);
  t.equal(hmac.verify(salt, salt, mac), true);
  for (const length of [0, 1, 31, 33, 63, 65, 128]) {
    const cut = (bytes: Uint8Array) => Uint8Array.from({ length }, (_, i) => bytes[i] ?? 0);
    t.equal(ed25519.verify(cut(signature), salt, signer.publicKey), false, `${length} bytes`);
    t.equal(hmac.verify(salt, salt, cut(mac)), false, `${length} bytes`);
  }
  for (let at = 0; at < 32; at++) t.equal(hmac.verify(salt, salt, withBitTurned(mac, at)), false);
});

t.test("changing a public key that a signer gave doesn't change the signer", async (t) => {
  const kept = signer.publicKey;
  signer.publicKey.fill(0);
  t.same(signer.publicKey, kept);
  t.equal(ed25519.verify(signer.sign(salt), salt, signer.publicKey), true);
});

t.test("results are the caller's alone: no view of the module's memory or of another result", async (t) => {
  const text = randomBytes(50);
  const sealed = key.seal(text, none);
  const results = [sealed, key.open(sealed, none), sha256.digest(text), hmac.mac(text, text), signer.sign(text)];
  for (const result of results) t.equal(result.buffer.byteLength, result.length);
});

t.test('the same bytes may be several arguments at once', async (t) => {
  const bytes = randomBytes(64);
  const kept = Buffer.from(bytes);
  t.ok(kept.equals(key.open(key.seal(bytes, bytes), bytes)));
  t.same(hmac.mac(bytes, bytes), hmac.mac(kept, Buffer.from(kept)));
  t.equal(constantTimeEqual(bytes, bytes), true);
  t.ok(bytes.equals(kept));
});

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Memory in use after everything that nobody holds was collected. */
async function memoryInUse(): Promise<NodeJS.MemoryUsage> {
  for (let i = 0; i < 4; i++) {
    collect();
    await new Promise(setImmediate);
  }
  return process.memoryUsage();
}

const KEYS = 100_000;
/** Keys that were kept would be 3.2 million bytes here, */
const MAX_BUFFER_BYTES = 200_000;
/** and 30 million here, where V8's table of dropped objects stays as large as it once was. */
const MAX_HEAP_BYTES = 10_000_000;

for (const { build, start } of kernelBuilds()) {
  t.test(`${build}: ${KEYS} keys made and dropped leave no more memory in use than before`, async (t) => {
    const kernel = start();
    const gcm = makeAes256Gcm(kernel, aes.kernel);
    const make = async (count: number) => {
      for (let i = 0; i < count; i++) {
        const key = gcm.importKey(new Uint8Array(32).fill(i));
        if (i % 10 === 0) key.seal(none, none);
        // The collector tells of dropped keys between two turns of the event loop.
        if (i % 5000 === 0) await new Promise(setImmediate);
      }
    };
    await make(5000);
    const before = await memoryInUse();
    await make(KEYS);
    const after = await memoryInUse();
    t.ok(after.arrayBuffers < before.arrayBuffers + MAX_BUFFER_BYTES);
    t.ok(after.heapUsed < before.heapUsed + MAX_HEAP_BYTES);
    t.equal(kernel.memory.length, 2 ** 20);
  });
}

t.test("signers, key pairs and hashes made and dropped don't make libsodium's memory grow", async (t) => {
  const sodium = await loadSodium();
  const use = () => {
    const signer = ed25519.generateSigner();
    ed25519.verify(signer.sign(randomBytes(300)), none, signer.publicKey);
    hmac.deriveKey({ secret: randomBytes(1000), info: none }, 1000);
    argon2id.hash(none, salt, { memoryKiB: 64, passes: 1 });
    xWing.decapsulate(xWing.encapsulate(pair.publicKey).ciphertext, pair.secretKey);
    t.throws(() => xWing.encapsulate(new Uint8Array(1216).fill(255)), { code: 'bad_key' });
  };
  use();
  const before = sodium.HEAPU8.length;
  const free = sodium._malloc(16);
  sodium._free(free);
  for (let i = 0; i < 300; i++) use();
  t.equal(sodium.HEAPU8.length, before);
  // What was freed is there again: the next block lies where it lay before.
  t.equal(sodium._malloc(16), free);
  sodium._free(free);
});

t.test('several threads at once, each with a core of its own, open what the others sealed', async (t) => {
  const program = join(t.testdir(), 'worker.mjs');
  await bundle(fileURLToPath(new URL('../..', import.meta.url)), 'test/crypto/worker.ts', program);
  const secret = new Uint8Array(new SharedArrayBuffer(32));
  secret.set(randomBytes(32));
  const key = aes.importKey(secret);
  const texts = Array.from({ length: 300 }, (_, i) => randomBytes(i % 10 === 0 ? 200 * i : i));
  const messages = texts.map((text) => key.seal(text, none));
  const answers = await Promise.all(
    Array.from({ length: 4 }, () => {
      const worker = new Worker(program, { workerData: { secret, messages } satisfies WorkerInput });
      return new Promise<WorkerOutput>((resolve, reject) => worker.once('message', resolve).once('error', reject));
    }),
  );
  for (const { sealed, digest } of answers) {
    t.ok(createHash('sha256').update(Buffer.concat(texts)).digest().equals(digest));
    t.equal(texts.filter((text, i) => Buffer.compare(key.open(sealed[i] ?? none, none), text) !== 0).length, 0);
  }
  const nonces = answers.flatMap(({ sealed }) =>
    sealed.map((each) => Buffer.from(each.subarray(0, 12)).toString('hex')),
  );
  t.equal(new Set(nonces).size, 4 * texts.length);
});
