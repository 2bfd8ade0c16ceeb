import { dirname } from 'node:path';
import { ensureDir } from '../files/index.js';
import { VaultError } from './errors.js';
import { filesBelow } from './key-tree.js';
import { demandKnownKey } from './known-key.js';
import type { VaultLayout } from './layout.js';
import { createMasterKeyFile, loadMasterKeys } from './master-key.js';
import { readVerifierFile } from './verifier.js';

export interface Initialization {
  readonly masterKey: 'made' | 'kept';
}

/**
 * Finds out what `init` has to do.
 * @throws VaultError `already_initialized`; `key_missing` where there is something that only the lost master key opens:
 * a key is never made beside existing ciphertext or a verifier; `unknown_key` where the key isn't that ciphertext's
 */
export async function planInit(layout: VaultLayout): Promise<Initialization> {
  const keys = await loadMasterKeys(layout.keyFile);
  if (keys === undefined) {
    const orphan = await findOrphan(layout);
    if (orphan !== undefined) throw lostKey(layout, orphan);
    return { masterKey: 'made' };
  }
  try {
    if ((await readVerifierFile(layout.verifierFile)) !== undefined) throw alreadyInitialized(layout);
    await demandKnownKey(layout, keys);
    return { masterKey: 'kept' };
  } finally {
    keys.dispose();
  }
}

/** Makes the folders and the master key. It comes first: a crash leaves a key without a verifier, and `init` goes on. */
export async function makeMasterKey(layout: VaultLayout, plan: Initialization): Promise<void> {
  await ensureDir(dirname(layout.secretsDir), 0o755);
  await ensureDir(layout.secretsDir, 0o700);
  if (plan.masterKey === 'kept') return;
  await ensureDir(dirname(layout.keyFile), 0o700);
  await createMasterKeyFile(layout.keyFile);
}

/** The error for a missing master key: of a vault that was never made, or of one that lost it. */
export async function missingKey(layout: VaultLayout): Promise<VaultError> {
  const orphan = await findOrphan(layout);
  return orphan === undefined ? notInitialized(layout) : lostKey(layout, orphan);
}

export function notInitialized(layout: VaultLayout): VaultError {
  return new VaultError('not_initialized', `there is no vault in ${layout.secretsDir} yet`, {
    hint: 'run: vigocli secrets init',
  });
}

function alreadyInitialized(layout: VaultLayout): VaultError {
  return new VaultError('already_initialized', `the vault in ${layout.secretsDir} is initialized already`, {
    hint: 'to change the passphrase, run: vigocli secrets rotate',
  });
}

function lostKey(layout: VaultLayout, orphan: string): VaultError {
  return new VaultError('key_missing', `there is ${orphan}, but no master key ${layout.keyFile}`, {
    hint: 'restore the master key from a backup, or name it with --key-file; a new one would open nothing that is here',
  });
}

/** The path of something that is useless without its master key. */
async function findOrphan(layout: VaultLayout): Promise<string | undefined> {
  if ((await readVerifierFile(layout.verifierFile)) !== undefined) return layout.verifierFile;
  for (const dir of [layout.secretsDir, layout.keysDir]) for await (const path of filesBelow(dir)) return path;
  return undefined;
}
