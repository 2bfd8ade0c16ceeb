import { dirname } from 'node:path';
import { demandClosable, ensureDir, ensurePrivateDir } from '../files/index.js';
import { VaultError } from './errors.js';
import { sweepTemporaries } from './format/key-tree.js';
import { demandKnownKey } from './format/known-key.js';
import type { VaultLayout } from './format/layout.js';
import { createMasterKeyFile, loadMasterKeys } from './format/master-key.js';
import { findOrphan, lostKey, notInitialized } from './gate/missing-key.js';
import { createVerifierFile, readVerifierFile, type Verifier } from './gate/verifier.js';
import { makeServerKey } from './server-keys.js';

export interface Initialization {
  readonly masterKey: 'made' | 'kept';
}

/**
 * Finds out what `init` has to do.
 * @throws VaultError `already_initialized`; `key_missing` where there is something that only the lost master key opens:
 * a key is never made beside existing ciphertext or a verifier; `unknown_key` where the key isn't that ciphertext's.
 * FilesError `not_private` where others can reach what lies in the secrets folder
 */
export async function planInit(layout: VaultLayout): Promise<Initialization> {
  const keys = await loadMasterKeys(layout.keyFile);
  if (keys === undefined) {
    const orphan = await findOrphan(layout);
    if (orphan !== undefined) throw lostKey(layout, orphan);
    await demandClosable(layout.secretsDir);
    return { masterKey: 'made' };
  }
  try {
    if ((await readVerifierFile(layout.verifierFile)) !== undefined) throw alreadyInitialized(layout);
    await demandKnownKey(layout, keys);
    await demandClosable(layout.secretsDir);
    return { masterKey: 'kept' };
  } finally {
    keys.dispose();
  }
}

/**
 * Carries the plan out: master key, server keys, verifier. In this order, because a crash on the way leaves a key
 * without a verifier, and the next `init` goes on from there.
 * @returns whether an empty secrets folder was there, open to others, and is closed now
 */
export async function carryOutInit(
  layout: VaultLayout,
  plan: Initialization,
  content: { verifier: Verifier; serverKeys: readonly string[]; createdMs: number; by: string },
): Promise<{ closedFolder: boolean }> {
  await ensureDir(dirname(layout.secretsDir), 0o755);
  const { wasOpen } = await ensurePrivateDir(layout.secretsDir);
  await ensureDir(dirname(layout.keyFile), 0o700);
  if (plan.masterKey === 'made') await createMasterKeyFile(layout.keyFile);
  await sweepTemporaries(dirname(layout.keyFile)); // a crash may have left a copy of the key
  const keys = await loadMasterKeys(layout.keyFile);
  if (keys === undefined) throw notInitialized(layout);
  try {
    for (const name of content.serverKeys) await makeServerKey(layout, name, keys, content);
  } finally {
    keys.dispose();
  }
  await createVerifierFile(layout.verifierFile, content.verifier);
  return { closedFolder: wasOpen };
}

function alreadyInitialized(layout: VaultLayout): VaultError {
  return new VaultError('already_initialized', `the vault in ${layout.secretsDir} is initialized already`, {
    hint: 'to change the passphrase, run: vigocli secrets rotate',
  });
}
