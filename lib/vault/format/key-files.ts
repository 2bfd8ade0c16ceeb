import { basename, dirname, join, relative } from 'node:path';
import { isKeyName, type KeyName } from '../../base/index.js';
import { filesBelow, hasFile, keyPath } from './key-tree.js';
import type { VaultLayout } from './layout.js';
import { keptPath, keptVersions, VERSIONS, versionNamed } from './versions.js';

/** Everything encrypted that has one name: a secret with its versions, or a key of the server. */
export interface KeyFiles {
  readonly kind: 'secret' | 'server-key';
  readonly name: KeyName;
}

/** Every file in the place of a secret, of a kept version or of a key of the server, whatever is in it. */
export async function* walkKeyFiles(layout: VaultLayout): AsyncGenerator<KeyFiles & { readonly path: string }> {
  for await (const { path, files } of walkVault(layout)) if (files !== undefined) yield { ...files, path };
}

/** Every file of the vault but temporary ones, and what it is; a stray one is in no name's place. */
export async function* walkVault({ secretsDir, keysDir }: VaultLayout): AsyncGenerator<{
  readonly path: string;
  readonly files: KeyFiles | undefined;
  /** Of a kept version. */
  readonly version?: number;
}> {
  const versions = join(secretsDir, VERSIONS);
  for await (const path of filesBelow(secretsDir)) {
    if (path.startsWith(`${versions}/`)) {
      const version = versionNamed(basename(path));
      const name = relative(versions, dirname(path));
      if (version !== undefined && isKeyName(name)) yield { path, files: { kind: 'secret', name }, version };
      else yield { path, files: undefined };
    } else {
      const name = relative(secretsDir, path);
      yield { path, files: isKeyName(name) ? { kind: 'secret', name } : undefined };
    }
  }
  for await (const path of filesBelow(keysDir)) {
    const name = relative(keysDir, path);
    yield { path, files: isKeyName(name) ? { kind: 'server-key', name } : undefined };
  }
}

/** The paths of the files of one name, as they are now. @throws VaultError `misplaced` */
export async function pathsOf(layout: VaultLayout, { kind, name }: KeyFiles): Promise<string[]> {
  if (kind === 'server-key') return (await hasFile(layout.keysDir, name)) ? [keyPath(layout.keysDir, name)] : [];
  const { secretsDir } = layout;
  const kept = (await keptVersions(secretsDir, name)).map((version) => keptPath(secretsDir, name, version));
  return (await hasFile(secretsDir, name)) ? [keyPath(secretsDir, name), ...kept] : kept;
}
