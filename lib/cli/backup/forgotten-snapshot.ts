import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { HomePaths } from '../../base/index.js';
import { acquireProcessLock, FilesError } from '../../files/index.js';
import { removeSnapshot, snapshotFolder, type Vault } from '../../vault/index.js';

/**
 * Removes what a backup that was killed left: second names of every file of a secret, also of one that is purged by now.
 * A backup at work removes its own.
 */
export async function removeForgottenSnapshot({ run }: HomePaths, vault: Vault): Promise<void> {
  if (!existsSync(snapshotFolder(vault.layout))) return;
  const lock = await acquireProcessLock(join(run, 'backup.lock')).catch((error) => {
    if (error instanceof FilesError && error.code === 'held') return undefined;
    throw error;
  });
  if (lock === undefined) return;
  try {
    await removeSnapshot(vault.layout);
  } finally {
    await lock.release();
  }
}
