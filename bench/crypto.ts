import * as node from 'node:crypto';
import { createRequire } from 'node:module';
import * as hashWasm from 'hash-wasm';
import sodium from 'libsodium-wrappers-sumo';
import {
  loadAes256Gcm,
  loadArgon2id,
  loadEd25519,
  loadHmacSha256,
  loadSha256,
  loadXWing,
  randomBytes,
} from '../lib/crypto/index.js';
import { printCircumstances, type Race, run } from './measure.js';

await sodium.ready;
const hashWasmVersion: string = createRequire(import.meta.url)('hash-wasm/package.json').version;

/** Newer than Node 20.11: present on some machines only. */
const hash = Reflect.get(node, 'hash') as
  | ((algorithm: string, data: Uint8Array, output: 'buffer') => Buffer)
  | undefined;
const argon2Sync = Reflect.get(node, 'argon2Sync') as
  | ((algorithm: 'argon2id', options: Record<string, unknown>) => Buffer)
  | undefined;

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

async function aesRaces(): Promise<Race[]> {
  const rawKey = randomBytes(32);
  const key = (await loadAes256Gcm()).importKey(rawKey);
  const nodeKey = node.createSecretKey(rawKey);
  const aad = randomBytes(40);

  function nodeSeal(plaintext: Uint8Array): Uint8Array {
    const nonce = node.randomBytes(NONCE_BYTES);
    const cipher = node.createCipheriv('aes-256-gcm', nodeKey, nonce).setAAD(aad);
    return Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
  }

  function nodeOpen(sealed: Uint8Array): Uint8Array {
    const decipher = node.createDecipheriv('aes-256-gcm', nodeKey, sealed.subarray(0, NONCE_BYTES)).setAAD(aad);
    decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
    return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
  }

  return [16, 64, 256, 1024, 65_536].flatMap((bytes) => {
    const plaintext = randomBytes(bytes);
    const sealed = key.seal(plaintext, aad);
    const seal: Race = {
      title: `AES-256-GCM seal, ${bytes} bytes, a fresh random nonce`,
      contenders: [
        { name: 'vigo', run: () => key.seal(plaintext, aad) },
        { name: 'node:crypto', run: () => nodeSeal(plaintext) },
      ],
      // Two nonces, so the ciphertexts differ: each must open what the other sealed.
      check() {
        if (!node.timingSafeEqual(key.open(nodeSeal(plaintext), aad), nodeOpen(key.seal(plaintext, aad)))) {
          throw new Error(`AES-256-GCM: ${bytes} bytes are sealed differently`);
        }
      },
    };
    const open: Race = {
      title: `AES-256-GCM open, ${bytes} bytes`,
      contenders: [
        { name: 'vigo', run: () => key.open(sealed, aad) },
        { name: 'node:crypto', run: () => nodeOpen(sealed) },
      ],
    };
    return [seal, open];
  });
}

async function argon2idRaces(): Promise<Race[]> {
  const argon2id = await loadArgon2id();
  const [password, salt] = [randomBytes(20), randomBytes(16)];
  return [
    { memoryKiB: 19_456, passes: 2 },
    { memoryKiB: 65_536, passes: 3 },
  ].map(({ memoryKiB, passes }) => {
    const options = { password, salt, iterations: passes, memorySize: memoryKiB, parallelism: 1, hashLength: 32 };
    const contenders = [
      { name: 'vigo (libsodium)', run: () => argon2id.hash(password, salt, { memoryKiB, passes }) },
      { name: 'hash-wasm', run: () => hashWasm.argon2id({ ...options, outputType: 'binary' }) },
    ];
    if (argon2Sync) {
      const parameters = { message: password, nonce: salt, memory: memoryKiB, passes, parallelism: 1, tagLength: 32 };
      contenders.push({ name: 'node:crypto', run: () => argon2Sync('argon2id', parameters) });
    }
    return { title: `Argon2id, ${memoryKiB / 1024} MiB, ${passes} passes`, contenders };
  });
}

async function ed25519Races(): Promise<Race[]> {
  const ed25519 = await loadEd25519();
  const seed = randomBytes(32);
  const signer = ed25519.importSigner(seed);
  const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
  const privateKey = node.createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
  const publicKey = node.createPublicKey(privateKey);
  const wrapperKey = sodium.crypto_sign_seed_keypair(seed).privateKey;
  const message = randomBytes(300);
  const signature = signer.sign(message);
  return [
    {
      title: 'Ed25519 sign, 300 bytes',
      contenders: [
        { name: 'vigo (libsodium)', run: () => signer.sign(message) },
        { name: 'libsodium wrapper', run: () => sodium.crypto_sign_detached(message, wrapperKey) },
        { name: 'node:crypto', run: () => node.sign(null, message, privateKey) },
      ],
    },
    {
      title: 'Ed25519 verify, 300 bytes',
      contenders: [
        { name: 'vigo (libsodium)', run: () => ed25519.verify(signature, message, signer.publicKey) },
        {
          name: 'libsodium wrapper',
          run: () => sodium.crypto_sign_verify_detached(signature, message, signer.publicKey),
        },
        { name: 'node:crypto', run: () => node.verify(null, message, publicKey, signature) },
      ],
    },
  ];
}

async function sha256Races(): Promise<Race[]> {
  const sha256 = await loadSha256();
  return [300, 4096, 65_536].map((bytes) => {
    const data = randomBytes(bytes);
    const contenders = [
      { name: 'vigo (hash-wasm)', run: () => sha256.digest(data) },
      { name: 'libsodium wrapper', run: () => sodium.crypto_hash_sha256(data) },
      { name: 'node:crypto createHash', run: () => node.createHash('sha256').update(data).digest() },
    ];
    if (hash) contenders.push({ name: 'node:crypto hash', run: () => hash('sha256', data, 'buffer') });
    return { title: `SHA-256, ${bytes} bytes`, contenders };
  });
}

async function hmacRaces(): Promise<Race[]> {
  const hmac = await loadHmacSha256();
  const key = randomBytes(32);
  const hashWasmHmac = await hashWasm.createHMAC(hashWasm.createSHA256(), key);
  return [32, 300, 4096].map((bytes) => {
    const data = randomBytes(bytes);
    return {
      title: `HMAC-SHA-256, ${bytes} bytes`,
      contenders: [
        { name: 'vigo (libsodium)', run: () => hmac.mac(key, data) },
        { name: 'hash-wasm, key kept', run: () => hashWasmHmac.init().update(data).digest('binary') },
        { name: 'node:crypto', run: () => node.createHmac('sha256', key).update(data).digest() },
      ],
    };
  });
}

async function xWingRaces(): Promise<Race[]> {
  const xWing = await loadXWing();
  const { publicKey, secretKey } = xWing.generateKeyPair();
  const { ciphertext } = xWing.encapsulate(publicKey);
  const alone = (what: string, run: () => unknown) => ({
    title: `X-Wing ${what}`,
    contenders: [{ name: 'vigo (libsodium)', run }],
  });
  return [
    alone('generateKeyPair', () => xWing.generateKeyPair()),
    alone('encapsulate', () => xWing.encapsulate(publicKey)),
    alone('decapsulate', () => xWing.decapsulate(ciphertext, secretKey)),
  ].map((race) => ({ ...race, check() {} }));
}

function randomRace(): Race {
  return {
    title: 'random, 12 bytes',
    contenders: [
      { name: 'vigo', run: () => randomBytes(12) },
      { name: 'node:crypto', run: () => node.randomBytes(12) },
    ],
    check() {},
  };
}

printCircumstances({
  libsodium: sodium.sodium_version_string(),
  'hash-wasm': hashWasmVersion,
});
const races = [aesRaces, ed25519Races, sha256Races, hmacRaces, argon2idRaces, xWingRaces];
for (const race of [...(await Promise.all(races.map((make) => make()))).flat(), randomRace()]) await run(race);
