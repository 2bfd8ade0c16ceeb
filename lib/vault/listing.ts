import type { KeyName } from '../base/index.js';
import { readHeader } from './header.js';
import { hasFile, keyPath, keysBelow } from './key-tree.js';
import type { SecretKind } from './vault-file.js';

/**
 * A secret in a list. All but its name comes from the header of its file, which is read and not authenticated, so that
 * the list of a large vault is a matter of a second.
 */
export interface ListedSecret {
  readonly name: KeyName;
  /** undefined where the file isn't one of a secret. */
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
  return names.sort().map((name) => ({ name, about: describe(keyPath(secretsDir, name)) }));
}

function describe(path: string): ListedSecret['about'] {
  const header = readHeader(path);
  if (header === undefined || (header.kind !== 'raw' && header.kind !== 'password')) return undefined;
  const { version, kind, createdMs, meta } = header;
  return { version, kind, createdMs, expiresMs: meta.expires };
}
