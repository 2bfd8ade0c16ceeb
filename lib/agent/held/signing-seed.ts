import { type Ed25519Signer, loadEd25519, wipe } from '../../crypto/index.js';
import { createFileExclusive, FilesError, readFileLimited } from '../../files/index.js';
import { AgentError } from '../errors.js';
import type { AgentPaths } from './paths.js';

const SEED_BYTES = 32;
const PRIVATE = { mode: 0o600 };

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

/**
 * The key that this machine enrolls with. It is on disk before the first request goes out, and kept: an answer that got
 * lost is asked for again with the same one, and gives the same envoy.
 * @throws AgentError `bad_identity`, FilesError
 */
export async function openSigner(paths: AgentPaths): Promise<Ed25519Signer> {
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

/** Leaves what an earlier try has written. */
async function createOnce(path: string, bytes: Uint8Array): Promise<void> {
  await createFileExclusive(path, bytes, PRIVATE).catch((cause) => {
    if (!(cause instanceof FilesError && cause.code === 'exists')) throw cause;
  });
}

function badKey(path: string): AgentError {
  return new AgentError('bad_identity', `${path} is not a key that enrollment wrote`, {
    hint: 'remove it, and enroll again',
  });
}
