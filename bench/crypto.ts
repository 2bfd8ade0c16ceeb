// Where each primitive comes from, and why: the rows of `vigocli bench` with the two libraries beside this core, called
// the way their own interfaces offer.
import module from 'node:module';
import * as hashWasm from 'hash-wasm';
import sodium from 'libsodium-wrappers-sumo';
import { bench } from '../lib/cli/bench/bench.js';
import type { Engine } from '../lib/cli/bench/engine.js';
import { loadEngines } from '../lib/cli/bench/engines.js';
import { choosePrimitives } from '../lib/cli/bench/primitives.js';
import { formatReport } from '../lib/cli/bench/print.js';
import { showProgress } from '../lib/cli/bench/progress.js';
import { THOROUGH } from '../lib/cli/bench/sampling.js';

async function loadLibsodium(): Promise<Engine> {
  await sodium.ready;
  return {
    name: 'libsodium',
    version: sodium.sodium_version_string(),
    argon2id: (password, salt, { memoryKiB, passes }) =>
      sodium.crypto_pwhash(32, password, salt, passes, memoryKiB * 1024, sodium.crypto_pwhash_ALG_ARGON2ID13),
    ed25519(seed) {
      const { publicKey, privateKey } = sodium.crypto_sign_seed_keypair(seed);
      return {
        sign: (message) => sodium.crypto_sign_detached(message, privateKey),
        verify: (signature, message) => sodium.crypto_sign_verify_detached(signature, message, publicKey),
      };
    },
    sha256: {
      digest: (data) => sodium.crypto_hash_sha256(data),
      digestParts(parts) {
        const state = sodium.crypto_hash_sha256_init();
        for (const part of parts) sodium.crypto_hash_sha256_update(state, part);
        return sodium.crypto_hash_sha256_final(state);
      },
    },
    hmacSha256: (key, data) => sodium.crypto_auth_hmacsha256(data, key),
  };
}

async function loadHashWasm(): Promise<Engine> {
  const hasher = await hashWasm.createSHA256();
  return {
    name: 'hash-wasm',
    version: module.createRequire(import.meta.url)('hash-wasm/package.json').version,
    argon2id: (password, salt, { memoryKiB, passes }) =>
      hashWasm.argon2id({
        ...{ password, salt, iterations: passes, memorySize: memoryKiB },
        ...{ parallelism: 1, hashLength: 32, outputType: 'binary' },
      }),
    sha256: {
      digest: (data) => hasher.init().update(data).digest('binary'),
      digestParts(parts) {
        hasher.init();
        for (const part of parts) hasher.update(part);
        return hasher.digest('binary');
      },
    },
  };
}

const progress = showProgress(THOROUGH.processes, { quiet: false });
const report = await bench({
  engines: [...(await loadEngines()), await loadLibsodium(), await loadHashWasm()],
  primitives: choosePrimitives(process.argv.slice(2)),
  sampling: THOROUGH,
  onProgress: progress.onProgress,
}).finally(progress.end);
if (report !== undefined) console.log(formatReport(report));
