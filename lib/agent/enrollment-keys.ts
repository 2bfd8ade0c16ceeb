import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { fromUtf8, utf8 } from '../base/index.js';
import { type Ed25519Signer, loadEd25519, wipe } from '../crypto/index.js';
import { createFileExclusive, FilesError, readFileLimited } from '../files/index.js';
import { AgentError } from './errors.js';
import type { AgentPaths } from './paths.js';

const SEED_BYTES = 32;
const MAX_PEM_BYTES = 4096;
const PRIVATE = { mode: 0o600 };

/** What an envoy proves to possess. */
export interface EnrollmentKeys {
  readonly signer: Ed25519Signer;
  readonly tlsKey: KeyObject;
  /** SubjectPublicKeyInfo, DER. */
  readonly tlsPublicKey: Uint8Array;
}

/**
 * The keys that this machine enrolls with. They are on disk before the first request goes out, and kept: an answer
 * that got lost is asked for again with the same ones, and gives the same envoy.
 * @throws AgentError `bad_identity`, FilesError
 */
export async function openEnrollmentKeys(paths: AgentPaths): Promise<EnrollmentKeys> {
  const signer = await openSigner(paths);
  const tlsKey = await openTlsKey(paths.tlsKey);
  const tlsPublicKey = createPublicKey(tlsKey).export({ type: 'spki', format: 'der' });
  return { signer, tlsKey, tlsPublicKey };
}

/** @throws FilesError `not_found`, `not_private` */
export async function readSigner(paths: AgentPaths): Promise<Ed25519Signer> {
  const ed25519 = await loadEd25519();
  const seed = await readFileLimited(paths.signingSeed, SEED_BYTES, { private: true });
  try {
    if (seed.length !== SEED_BYTES) throw badKey(paths.signingSeed);
    return ed25519.importSigner(seed);
  } finally {
    wipe(seed);
  }
}

async function openSigner(paths: AgentPaths): Promise<Ed25519Signer> {
  const fresh = (await loadEd25519()).generateSigner();
  const seed = fresh.exportSeed();
  try {
    await createOnce(paths.signingSeed, seed);
  } finally {
    wipe(seed);
    fresh.dispose();
  }
  return readSigner(paths);
}

async function openTlsKey(path: string): Promise<KeyObject> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  await createOnce(path, utf8(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()));
  const pem = fromUtf8(await readFileLimited(path, MAX_PEM_BYTES, { private: true }));
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') throw badKey(path);
    return key;
  } catch (cause) {
    throw badKey(path, cause);
  }
}

/** Leaves what an earlier try has written. */
async function createOnce(path: string, bytes: Uint8Array): Promise<void> {
  await createFileExclusive(path, bytes, PRIVATE).catch((cause) => {
    if (!(cause instanceof FilesError && cause.code === 'exists')) throw cause;
  });
}

function badKey(path: string, cause?: unknown): AgentError {
  return new AgentError('bad_identity', `${path} is not a key that enrollment wrote`, {
    cause,
    hint: 'remove it, and enroll again',
  });
}
