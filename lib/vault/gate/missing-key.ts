import { VaultError } from '../errors.js';
import { filesBelow } from '../format/key-tree.js';
import type { VaultLayout } from '../format/layout.js';
import { readVerifierFile } from './verifier.js';

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

/** The error where there is a master key and no verifier, as a crash of `init` may leave it. */
export function noVerifier(layout: VaultLayout): VaultError {
  return new VaultError('not_initialized', `there is no verifier ${layout.verifierFile} of a passphrase`, {
    hint: 'vigocli secrets init makes one, for a new passphrase, and keeps the master key',
  });
}

export function lostKey(layout: VaultLayout, orphan: string): VaultError {
  return new VaultError('key_missing', `there is ${orphan}, but no master key ${layout.keyFile}`, {
    hint: 'restore the master key from a backup, or name it with --key-file; a new one would open nothing that is here',
  });
}

/** The path of something that is useless without its master key. */
export async function findOrphan(layout: VaultLayout): Promise<string | undefined> {
  if ((await readVerifierFile(layout.verifierFile)) !== undefined) return layout.verifierFile;
  for (const dir of [layout.secretsDir, layout.keysDir]) for await (const path of filesBelow(dir)) return path;
  return undefined;
}
