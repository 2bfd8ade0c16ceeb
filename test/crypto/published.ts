// Every published vector through every path of every primitive, and results beside them to compare machines by.
import { createHash, createHmac, hkdfSync } from 'node:crypto';
import { concatBytes, fromHex, toHex } from '../../lib/base/index.js';
import { loadArgon2id, loadEd25519, loadHmacSha256, loadSha256 } from '../../lib/crypto/index.js';
import { loadSodium } from '../../lib/crypto/sodium.js';
import { SodiumXWing } from '../../lib/crypto/x-wing.js';
import { type GcmPath, gcmPaths } from './gcm-paths.js';
import { sealByNode, withBitTurned } from './kernels.js';
import { bytesFor, outcome, type PathReport, Tally } from './tally.js';
import { readVectors } from './vectors.js';

/** Lengths around blocks, batches and the pieces that the primitives take their input in. */
const LENGTHS = [...Array(300).keys(), 1000, 2047, 2049, 4096, 16_351, 16_352, 16_353, 16_384, 32_737, 65_536];

export async function runPublished(): Promise<PathReport[]> {
  return [
    ...gcmPaths().flatMap(gcm),
    ...(await sha256()),
    ...(await hmacSha256()),
    await hkdfSha256(),
    await ed25519(),
    await argon2id(),
    await xWing(),
  ];
}

function gcm({ path, takesNonce, withKey }: GcmPath): PathReport[] {
  const [sealing, opening] = [new Tally('AES-256-GCM seal', path), new Tally('AES-256-GCM open', path)];
  type Vector = { key: string; iv: string; aad: string; pt: string | null; ct: string; tag: string };
  const files = ['aes-256-gcm-mcgrew-viega', 'aes-256-gcm-cavp-encrypt', 'aes-256-gcm-cavp-decrypt'];
  for (const { key: secret, iv, aad, pt, ct, tag } of files.flatMap((file) => readVectors<Vector[]>(file))) {
    const key = withKey(fromHex(secret));
    const opened = outcome(() => key.open(fromHex(iv + ct + tag), fromHex(aad)));
    opening.expect(iv, opened, pt ?? 'forged');
    if (pt === null || !takesNonce) continue;
    sealing.expect(iv, toHex(key.seal(fromHex(pt), fromHex(aad), fromHex(iv))), iv + ct + tag);
  }

  // Cut tags and nonces of other lengths open nothing, also where a cut tag is the right one as far as it goes.
  for (const { key: secret, iv, aad, pt, ct, tag } of readVectors<Vector[]>('aes-256-gcm-cavp-unsupported')) {
    const key = withKey(fromHex(secret));
    const published = iv + ct + tag;
    const opened = outcome(() => key.open(fromHex(published), fromHex(aad)));
    opening.expect(iv, opened, 'forged');
    if (pt === null || iv.length !== 24 || !takesNonce) continue;
    const cut = toHex(key.seal(fromHex(pt), fromHex(aad), fromHex(iv))).slice(0, published.length);
    sealing.expect(iv, cut, published);
  }

  // The core takes keys of 256 bits only. Another size of IV opens nothing.
  type Tried = { tcId: number; keySize: number; ivSize: number; msg: string; result: string } & Vector;
  const tried = readVectors<Tried[]>('wycheproof-aes-gcm').filter(({ keySize }) => keySize === 256);
  for (const { tcId, key: secret, ivSize, iv, aad, msg, ct, tag, result } of tried) {
    const key = withKey(fromHex(secret));
    const opened = outcome(() => key.open(fromHex(iv + ct + tag), fromHex(aad)));
    const opens = result === 'valid' && ivSize === 96;
    opening.expect(`Wycheproof ${tcId}`, opened, opens ? msg : 'forged');
    if (!opens || !takesNonce) continue;
    sealing.expect(`Wycheproof ${tcId}`, toHex(key.seal(fromHex(msg), fromHex(aad), fromHex(iv))), iv + ct + tag);
  }

  const secret = bytesFor('key', 32);
  const key = withKey(secret);
  for (const length of LENGTHS) {
    const [nonce, plaintext] = [bytesFor(`nonce ${length}`, 12), bytesFor(`text ${length}`, length)];
    const aad = bytesFor(`aad ${length}`, (length * 7) % 2100);
    const sealed = sealByNode(secret, nonce, plaintext, aad);
    opening.expect(`${length} bytes`, toHex(key.open(sealed, aad)), toHex(plaintext));
    if (takesNonce) sealing.expect(`${length} bytes`, toHex(key.seal(plaintext, aad, nonce)), toHex(sealed));
  }
  return [sealing, opening].filter(({ cases }) => cases > 0).map((tally) => tally.report());
}

async function sha256(): Promise<PathReport[]> {
  const core = await loadSha256();
  const inParts = (bytes: number) => (data: Uint8Array) => {
    const stream = core.create();
    for (let at = 0; at < data.length; at += bytes) stream.update(data.subarray(at, at + bytes));
    return stream.digest();
  };
  const paths: [path: string, digest: (data: Uint8Array) => Uint8Array][] = [
    ['one shot', (data) => core.digest(data)],
    ['one shot, erased', (data) => core.digestSecret(data)],
    ['one part', (data) => core.create().update(data).digest()],
    ['parts of 1 byte', inParts(1)],
    ['parts of 63 bytes', inParts(63)],
    ['parts of 65 bytes', inParts(65)],
  ];
  return paths.map(([path, digest]) => {
    const tally = new Tally('SHA-256', path);
    for (const { msg, md } of readVectors<{ msg: string; md: string }[]>('sha256-cavp')) {
      tally.expect(`${msg.length / 2} bytes`, toHex(digest(fromHex(msg))), md);
    }
    for (const { seed, md: checkpoints } of readVectors<{ seed: string; md: string[] }[]>('sha256-cavp-monte')) {
      let last = fromHex(seed);
      // All of them, one way: sha256.test.ts.
      for (const checkpoint of checkpoints.slice(0, 1)) {
        let [a, b, c] = [last, last, last];
        for (let i = 0; i < 1000; i++) [a, b, c] = [b, c, digest(concatBytes(a, b, c))];
        last = c;
        tally.expect(`Monte Carlo ${checkpoint}`, toHex(last), checkpoint);
      }
    }
    for (const length of LENGTHS) {
      const data = bytesFor(`data ${length}`, length);
      tally.expect(`${length} bytes`, toHex(digest(data)), createHash('sha256').update(data).digest('hex'));
    }
    return tally.report();
  });
}

/** Every way to a MAC, and whether one is verified. */
async function hmacSha256(): Promise<PathReport[]> {
  const [core, sha256] = [await loadHmacSha256(), await loadSha256()];
  /** RFC 2104 over two streams, of which the outer one waits for the inner one. */
  const inParts = (key: Uint8Array, data: Uint8Array) => {
    const padded = new Uint8Array(64);
    padded.set(key.length > padded.length ? sha256.create().update(key).digest() : key);
    const outer = sha256.create().update(padded.map((byte) => byte ^ 0x5c));
    const inner = sha256.create().update(padded.map((byte) => byte ^ 0x36));
    for (let at = 0; at < data.length; at += 63) inner.update(data.subarray(at, at + 63));
    return outer.update(inner.digest()).digest();
  };
  type Vector = { key: string; msg: string; tag: string; result: string };
  const published = ['hmac-cavp', 'hmac-rfc4231'].flatMap((file) =>
    readVectors<{ key: string; msg: string; md: string }[]>(file).map(({ md, ...vector }) => {
      return { ...vector, tag: md, result: 'valid' };
    }),
  );
  const vectors: Vector[] = [...published, ...readVectors<Vector[]>('wycheproof-hmac-sha256')];
  const verifying = new Tally('HMAC-SHA-256 verify', 'one shot');
  for (const { key, msg, tag, result } of vectors) {
    const verified = core.verify(fromHex(key), fromHex(msg), fromHex(tag));
    // A MAC that was cut isn't taken for one.
    verifying.expect(`key ${key}, MAC ${tag}`, `${verified}`, `${result === 'valid' && tag.length === 64}`);
  }
  const paths: [path: string, mac: typeof core.mac][] = [
    ['mac', (key, data) => core.mac(key, data)],
    ['over SHA-256 in parts', inParts],
  ];
  return [
    ...paths.map(([path, mac]) => {
      const tally = new Tally('HMAC-SHA-256', path);
      for (const { key, msg, tag, result } of vectors) {
        // Some MACs were cut.
        const computed = toHex(mac(fromHex(key), fromHex(msg))).slice(0, tag.length);
        if (result === 'valid') tally.expect(`key ${key}`, computed, tag);
        else tally.expect(`key ${key}, MAC ${tag}`, `${computed === tag}`, 'false');
      }
      for (const length of LENGTHS) {
        const [key, data] = [bytesFor(`key ${length}`, (length * 3) % 200), bytesFor(`data ${length}`, length)];
        const expected = createHmac('sha256', key).update(data).digest('hex');
        tally.expect(`${length} bytes`, toHex(mac(key, data)), expected);
      }
      return tally.report();
    }),
    verifying.report(),
  ];
}

async function hkdfSha256(): Promise<PathReport> {
  const core = await loadHmacSha256();
  const derive = new Tally('HKDF-SHA-256', 'deriveKey');
  type Vector = { ikm: string; salt: string; info: string; okm: string; size?: number; result?: string };
  const files = ['hkdf-rfc5869', 'hkdf-pyca', 'wycheproof-hkdf-sha256'];
  for (const { ikm, salt, info, okm, size, result } of files.flatMap((file) => readVectors<Vector[]>(file))) {
    const input = { secret: fromHex(ikm), salt: fromHex(salt), info: fromHex(info) };
    const derived = outcome(() => core.deriveKey(input, size ?? okm.length / 2));
    derive.expect(`ikm ${ikm}, ${size} bytes`, derived, result === 'invalid' ? 'bad_size' : okm);
  }
  for (const length of LENGTHS) {
    const [key, data] = [bytesFor(`key ${length}`, (length * 3) % 200), bytesFor(`data ${length}`, length)];
    const bytes = 1 + (length % 8160);
    const derived = core.deriveKey({ secret: data, salt: key, info: key.subarray(1) }, bytes);
    const expected = toHex(new Uint8Array(hkdfSync('sha256', data, key, key.subarray(1), bytes)));
    derive.expect(`${bytes} bytes`, toHex(derived), expected);
  }
  return derive.report();
}

async function ed25519(): Promise<PathReport> {
  const core = await loadEd25519();
  const tally = new Tally('Ed25519', 'sign and verify');
  type Vector = { seed: string; publicKey: string; msg: string; signature: string };
  for (const vector of [...readVectors<Vector[]>('ed25519-rfc8032'), ...readVectors<Vector[]>('ed25519-sign-input')]) {
    const signer = core.importSigner(fromHex(vector.seed));
    const [message, signature] = [fromHex(vector.msg), fromHex(vector.signature)];
    tally.expect('public key', toHex(signer.publicKey), vector.publicKey);
    tally.expect(`sign ${vector.msg}`, toHex(signer.sign(message)), vector.signature);
    tally.expect(`verify ${vector.msg}`, `${core.verify(signature, message, signer.publicKey)}`, 'true');
    const turned = withBitTurned(signature, message.length % 64);
    tally.expect(`refuse ${vector.msg}`, `${core.verify(turned, message, signer.publicKey)}`, 'false');
    signer.dispose();
  }
  type Tried = { tcId: number; pk: string; msg: string; sig: string; result: string };
  for (const { tcId, pk, msg, sig, result } of readVectors<Tried[]>('wycheproof-ed25519')) {
    const verified = core.verify(fromHex(sig), fromHex(msg), fromHex(pk));
    tally.expect(`Wycheproof ${tcId}`, `${verified}`, `${result === 'valid'}`);
  }
  return tally.report();
}

async function argon2id(): Promise<PathReport> {
  const core = await loadArgon2id();
  const tally = new Tally('Argon2id', 'hash');
  type Vector = { password: string; salt: string; passes: number; memoryKiB: number; hash: string };
  const vectors = [...readVectors<Vector[]>('argon2id-reference'), ...readVectors<Vector[]>('argon2id-libsodium')];
  for (const { password, salt, hash, ...cost } of vectors) {
    const actual = core.hash(fromHex(password), fromHex(salt), cost, hash.length / 2);
    tally.expect(`${cost.memoryKiB} KiB, ${cost.passes} passes`, toHex(actual), hash);
  }
  return tally.report();
}

async function xWing(): Promise<PathReport> {
  const core = new SodiumXWing(await loadSodium());
  const tally = new Tally('X-Wing', 'derandomized');
  type Vector = { sk: string; eseed: string; pk: string; ct: string; ss: string };
  for (const { sk, eseed, pk, ct, ss } of readVectors<Vector[]>('x-wing')) {
    const { ciphertext, sharedSecret } = core.encapsulateWith(fromHex(eseed), fromHex(pk));
    tally.expect('public key', toHex(core.publicKeyOf(fromHex(sk))), pk);
    tally.expect('ciphertext', toHex(ciphertext), ct);
    tally.expect('shared secret', toHex(sharedSecret), ss);
    tally.expect('opened secret', toHex(core.decapsulate(fromHex(ct), fromHex(sk))), ss);
  }
  return tally.report();
}
