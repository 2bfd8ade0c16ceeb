import type { KeyName } from '../../base/index.js';
import { readHeader } from '../format/header.js';
import { hasFile, keyPath, keysBelow } from '../format/key-tree.js';
import type { SecretKind } from '../format/vault-file.js';
import { latestKeptBelow, looksNewest } from '../format/versions.js';

/**
 * A secret in a list. All but its name comes from the header of its file, which is read and not authenticated, so that
 * the list of a large vault is a matter of a second.
 */
export interface ListedSecret {
  readonly name: KeyName;
  /** Why there is nothing to tell: the file isn't one of a secret, or an older one that was put back. */
  readonly problem: 'damaged' | 'version_mismatch' | undefined;
  /** undefined where there is a problem. */
  readonly about:
    | {
        readonly version: number;
        readonly kind: SecretKind;
        readonly createdMs: number;
        readonly expiresMs: number | undefined;
      }
    | undefined;
}

/** The secrets at or below a name, all of them without one, sorted by their bytes. @throws VaultError `misplaced` */
export async function listSecrets(secretsDir: string, prefix?: KeyName): Promise<ListedSecret[]> {
  const isOne = prefix !== undefined && (await hasFile(secretsDir, prefix));
  const names = isOne ? [prefix] : await keysBelow(secretsDir, prefix);
  const latest = latestKeptBelow(secretsDir, prefix);
  return names.sort().map((name) => ({ name, ...describe(secretsDir, name, latest.get(name) ?? 0) }));
}

function describe(secretsDir: string, name: KeyName, latest: number): Omit<ListedSecret, 'name'> {
  const header = readHeader(keyPath(secretsDir, name));
  if (header === undefined || (header.kind !== 'raw' && header.kind !== 'password')) {
    return { problem: 'damaged', about: undefined };
  }
  const { version, kind, createdMs, meta } = header;
  if (meta.deleted !== undefined || !looksNewest(secretsDir, name, header, latest)) {
    return { problem: 'version_mismatch', about: undefined };
  }
  return { problem: undefined, about: { version, kind, createdMs, expiresMs: meta.expires } };
}
