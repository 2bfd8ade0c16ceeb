import { basename, join, relative } from 'node:path';
import { wipe } from '../../crypto/index.js';
import { linkAll, readFileLimited, removeTree } from '../../files/index.js';
import { walkKeyFiles } from '../format/key-files.js';
import type { VaultLayout } from '../format/layout.js';
import { MAX_FILE_BYTES } from '../format/vault-file.js';

/** A file of the vault as it was at one moment. */
export interface SnapshotFile {
  /** Its usual place below a server's home, wherever it lies here: like `secrets/a/b` or `keys/policy`. */
  readonly path: string;
  /** Another name of it that nobody changes, or its bytes. */
  readonly from: string | Uint8Array;
}

export interface Snapshot {
  readonly files: readonly SnapshotFile[];
  /** Removed with the snapshot, whatever else is put there. */
  readonly folder: string;
}

/** Below the secrets folder, where no key's file can be; on the same file system. */
const SNAPSHOT = '.snapshot';

/**
 * Everything that the vault consists of, as it is now: master key, verifier, the server's own keys, and every version
 * of every secret. Those are second names (hard links), because the files are only ever replaced whole; so it takes a
 * second for 100,000 secrets, and others go on while they are read. The caller holds the vault's lock, and removes the
 * snapshot; one process at a time may have one.
 */
export async function takeSnapshot(layout: VaultLayout): Promise<Snapshot> {
  const secrets: { path: string; at: string }[] = [];
  const frozen: SnapshotFile[] = [
    { path: 'secrets/.master.key', from: await readFileLimited(layout.keyFile, MAX_FILE_BYTES, { private: true }) },
    { path: basename(layout.verifierFile), from: await readFileLimited(layout.verifierFile, MAX_FILE_BYTES) },
  ];
  for await (const { kind, path } of walkKeyFiles(layout)) {
    if (kind === 'secret') secrets.push({ path: join('secrets', relative(layout.secretsDir, path)), at: path });
    else
      frozen.push({
        path: join('keys', relative(layout.keysDir, path)),
        from: await readFileLimited(path, MAX_FILE_BYTES),
      });
  }
  const folder = snapshotFolder(layout);
  const links = await linkAll(
    secrets.map(({ at }) => at),
    folder,
  );
  return { files: [...frozen, ...links.map((from, i) => ({ path: secrets[i]?.path ?? '', from }))], folder };
}

/** Wipes the bytes of the keys, and removes the second names, also those that a crash left. */
export async function removeSnapshot(layout: VaultLayout, snapshot?: Snapshot): Promise<void> {
  for (const { from } of snapshot?.files ?? []) if (typeof from !== 'string') wipe(from);
  await removeTree(snapshotFolder(layout));
}

/** Where a backup puts them; a crash leaves it to the next one. */
export function snapshotFolder(layout: VaultLayout): string {
  return join(layout.secretsDir, SNAPSHOT);
}
